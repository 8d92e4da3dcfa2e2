using System.Globalization;

namespace MLNet.Dispersion.Examples.PretrainTinyEnglish;

/// <summary>Prints a line every so many steps and saves the model now and then, so that an interrupted run is not lost.</summary>
internal sealed class TrainingLog(int every, int saveEvery, Action save) : IProgress<TrainingProgress>
{
    private double _loss;
    private double _dispersion;
    private int _count;

    /// <inheritdoc/>
    public void Report(TrainingProgress value)
    {
        _loss += value.TaskLoss;
        _dispersion += value.Dispersion ?? 0;
        _count++;
        if (value.Step % every == 0 || value.Step == value.TotalSteps)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"step {value.Step,6}/{value.TotalSteps}  loss {_loss / _count:0.0000}  dispersion {_dispersion / _count:0.0000}  lr {value.LearningRate:0.00e+00}  grad {value.GradientNorm:0.00}  {value.TokensPerSecond:0} tokens/s  elapsed {value.Elapsed:hh\\:mm\\:ss}  left {value.Remaining:hh\\:mm\\:ss}"));
            (_loss, _dispersion, _count) = (0, 0, 0);
        }

        if (value.Step % saveEvery == 0)
        {
            save();
        }
    }
}
