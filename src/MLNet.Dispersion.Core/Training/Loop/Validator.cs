using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Measures the task loss on held-out rows, all of them, in evaluation mode.</summary>
internal sealed class Validator
{
    private readonly LanguageBackbone _backbone;
    private readonly TrainingObjective _objective;
    private readonly Device _device;
    private readonly IReadOnlyList<TaskBatch> _batches;

    internal Validator(LanguageBackbone backbone, TrainingObjective objective, TrainingRows rows, int batchSize, int padId, Device device)
    {
        _backbone = backbone;
        _objective = objective;
        _device = device;
        var byLength = Enumerable.Range(0, rows.Count).OrderBy(row => rows.Sequences[row].Length).ToArray();
        _batches = [.. byLength.Chunk(batchSize).Select(chunk => rows.Batch(chunk, padId))];
    }

    /// <summary>Measures, and puts the backbone back into the mode it was in.</summary>
    internal ValidationFigures Measure(CancellationToken cancellation)
    {
        bool training = _backbone.training;
        _backbone.eval();
        try
        {
            return MeasureInEvaluationMode(cancellation);
        }
        finally
        {
            _backbone.train(training);
        }
    }

    private ValidationFigures MeasureInEvaluationMode(CancellationToken cancellation)
    {
        using var noGradient = no_grad();
        double loss = 0;
        long correct = 0;
        bool counted = false;
        foreach (TaskBatch batch in _batches)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var inputIds = batch.Tokens.InputIdsTensor(_device);
            var output = _backbone.Forward(inputIds, batch.Tokens.AttentionMaskTensor(_device), batch.Tokens.TokenTypeIdsTensor(_device), HiddenStateSelection.None);
            var task = _objective.Compute(_backbone, output, inputIds, batch);
            loss += task.Sum.item<float>();
            counted |= task.Correct is not null;
            correct += task.Correct?.item<long>() ?? 0;
        }

        long targets = _batches.Sum(batch => batch.TargetCount);
        return new ValidationFigures(loss / Math.Max(1, targets), counted ? (double)correct / targets : null);
    }
}
