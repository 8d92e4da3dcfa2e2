using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Measures the task loss on rows that are not trained on, all of them, in evaluation mode.</summary>
internal sealed class Validator
{
    private readonly LanguageBackbone _backbone;
    private readonly TrainingObjective _objective;
    private readonly ForwardPass _pass;
    private readonly IReadOnlyList<int[]> _chunks;
    private readonly TrainingRows _rows;
    private readonly int _padId;
    private readonly RankGroup? _ranks;

    /// <param name="backbone">What is measured.</param>
    /// <param name="objective">Its task.</param>
    /// <param name="rows">All rows.</param>
    /// <param name="held">Those that are measured.</param>
    /// <param name="batchSize">The most of them in one pass.</param>
    /// <param name="padId">Fills pads.</param>
    /// <param name="device">Where the backbone is.</param>
    /// <param name="ranks">Who shares the batches; null for this process alone.</param>
    internal Validator(LanguageBackbone backbone, TrainingObjective objective, TrainingRows rows, IReadOnlyList<int> held, int batchSize, int padId, Device device, RankGroup? ranks = null)
    {
        _ranks = ranks;
        _backbone = backbone;
        _objective = objective;
        _pass = new ForwardPass(backbone, device);
        IEnumerable<int[]> chunks = held.OrderBy(rows.Length).Chunk(batchSize);
        (_rows, _padId, _chunks) = (rows, padId, [.. ranks?.Share(chunks) ?? chunks]);
    }

    /// <summary>Measures, and puts the backbone back into the mode it was in.</summary>
    internal ValidationFigures Measure(CancellationToken cancellation)
    {
        using var evaluation = new EvaluationMode(_backbone);
        using var noGradient = no_grad();
        double loss = 0, weight = 0;
        var figures = new Dictionary<string, double>();
        foreach (TaskBatch batch in _chunks.Select(chunk => _rows.Batch(chunk, _padId)))
        {
            if (IsCancelled(cancellation))
            {
                break;
            }

            using var scope = NewDisposeScope();
            PassOutput pass = _pass.Read(batch.Tokens, HiddenStateSelection.None);
            TaskLoss task = _objective.Compute(_backbone, pass.States, pass.InputIds, batch);
            loss += (task.Own ?? task.Sum).ToDouble();
            weight += _objective.TargetWeight(batch);
            foreach (var (name, sum) in task.Figures)
            {
                figures[name] = figures.GetValueOrDefault(name) + sum.ToDouble();
            }
        }

        IReadOnlyDictionary<string, double> sums = figures;
        if (_ranks is not null)
        {
            double[] total = _ranks.Total(loss, weight, cancellation.IsCancellationRequested ? 1 : 0);
            _ranks.ThrowIfCancelled(total[2], cancellation);
            (loss, weight) = (total[0], total[1]);
            sums = _ranks.Total(nameof(Validator), figures);
        }

        double targets = weight > 0 ? weight : 1;
        return new ValidationFigures(loss / targets, sums.ToDictionary(pair => pair.Key, pair => pair.Value / targets));
    }

    /// <summary>Whether to stop here: ranks stop where all do.</summary>
    private bool IsCancelled(CancellationToken cancellation)
    {
        if (_ranks is null)
        {
            cancellation.ThrowIfCancellationRequested();
        }

        return cancellation.IsCancellationRequested;
    }
}

/// <summary>Task figures on rows that were not trained on.</summary>
/// <param name="Loss">Mean over the targets.</param>
/// <param name="Figures">The objective's figures by name, means over the targets.</param>
internal sealed record ValidationFigures(double Loss, IReadOnlyDictionary<string, double> Figures);
