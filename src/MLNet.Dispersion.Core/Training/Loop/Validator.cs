using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Measures the task loss on rows that are not trained on, all of them, in evaluation mode.</summary>
internal sealed class Validator
{
    private readonly LanguageBackbone _backbone;
    private readonly TrainingObjective _objective;
    private readonly ForwardPass _pass;
    private readonly IReadOnlyList<TaskBatch> _batches;

    /// <param name="backbone">What is measured.</param>
    /// <param name="objective">Its task.</param>
    /// <param name="rows">All rows.</param>
    /// <param name="held">Those that are measured.</param>
    /// <param name="batchSize">The most of them in one pass.</param>
    /// <param name="padId">Fills pads.</param>
    /// <param name="device">Where the backbone is.</param>
    internal Validator(LanguageBackbone backbone, TrainingObjective objective, TrainingRows rows, IReadOnlyList<int> held, int batchSize, int padId, Device device)
    {
        _backbone = backbone;
        _objective = objective;
        _pass = new ForwardPass(backbone, device);
        _batches = [.. held.OrderBy(rows.Length).Chunk(batchSize).Select(chunk => rows.Batch(chunk, padId))];
    }

    /// <summary>Measures, and puts the backbone back into the mode it was in.</summary>
    internal ValidationFigures Measure(CancellationToken cancellation)
    {
        using var evaluation = new EvaluationMode(_backbone);
        using var noGradient = no_grad();
        double loss = 0;
        var figures = new Dictionary<string, double>();
        foreach (TaskBatch batch in _batches)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            PassOutput pass = _pass.Read(batch.Tokens, HiddenStateSelection.None);
            TaskLoss task = _objective.Compute(_backbone, pass.States, pass.InputIds, batch);
            loss += (task.Own ?? task.Sum).ToDouble();
            foreach (var (name, sum) in task.Figures)
            {
                figures[name] = figures.GetValueOrDefault(name) + sum.ToDouble();
            }
        }

        double targets = _batches.Sum(_objective.TargetWeight) is var weight and > 0 ? weight : 1;
        return new ValidationFigures(loss / targets, figures.ToDictionary(pair => pair.Key, pair => pair.Value / targets));
    }
}

/// <summary>Task figures on rows that were not trained on.</summary>
/// <param name="Loss">Mean over the targets.</param>
/// <param name="Figures">The objective's figures by name, means over the targets.</param>
internal sealed record ValidationFigures(double Loss, IReadOnlyDictionary<string, double> Figures);
