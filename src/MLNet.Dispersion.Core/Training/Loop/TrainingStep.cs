using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>One optimizer step: forward and backward over its micro-batches, clipping, update. Synchronous; dispose scopes are per thread.</summary>
internal sealed class TrainingStep
{
    private const double ClippingEpsilon = 1e-6;
    private readonly LanguageBackbone _backbone;
    private readonly TrainingObjective _objective;
    private readonly TrainingOptimizer _optimizer;
    private readonly DispersionOptions _dispersion;
    private readonly Generator _subsampling;
    private readonly RunningMoments? _moments;
    private readonly RankGroup? _ranks;
    private readonly double _maxGradNorm;
    private readonly ForwardPass _pass;
    private readonly HiddenStateSelection _selection;

    internal TrainingStep(
        LanguageBackbone backbone,
        TrainingObjective objective,
        TrainingOptimizer optimizer,
        DispersionOptions dispersion,
        double? maxGradNorm,
        Generator subsampling,
        Device device,
        RunningMoments? moments = null,
        RankGroup? ranks = null)
    {
        _moments = moments;
        _ranks = ranks;
        _backbone = backbone;
        _objective = objective;
        _optimizer = optimizer;
        _dispersion = dispersion;
        _maxGradNorm = maxGradNorm ?? double.PositiveInfinity;
        _subsampling = subsampling;
        _pass = new ForwardPass(backbone, device);
        _selection = HiddenStateSelection.Of(
            [.. objective.HiddenStates, .. dispersion.Coefficient > 0 ? dispersion.Layers.HiddenStateIndices(backbone.Info.LayerCount) : []]);
    }

    /// <summary>Runs the step. A loss that is not finite leaves the weights as they were.</summary>
    /// <param name="microBatches">Whose gradients are added up, each weighted by its share of the targets: of several ranks, this one's.</param>
    /// <param name="learningRate">Of this step.</param>
    /// <param name="cancellation">Looked at before each micro-batch.</param>
    /// <param name="begin">Called before each micro-batch with its place among these; null for nothing.</param>
    internal StepFigures Run(IReadOnlyList<TaskBatch> microBatches, double learningRate, CancellationToken cancellation, Action<int>? begin = null)
    {
        ClearGradients();
        double weight = microBatches.Sum(_objective.TargetWeight);
        long rows = microBatches.Sum(batch => (long)batch.Tokens.Rows);
        long tokens = microBatches.Sum(batch => batch.Tokens.TokenCount);
        if (_ranks is not null)
        {
            double[] total = _ranks.Total(weight, rows, tokens, cancellation.IsCancellationRequested ? 1 : 0);
            _ranks.ThrowIfCancelled(total[3], cancellation);
            (weight, rows, tokens) = (total[0], (long)total[1], (long)total[2]);
        }

        double targets = weight > 0 ? weight : 1;
        var figures = new StepFigures(0, _dispersion.Coefficient > 0 ? 0 : null, double.NaN, Finite: true) { Tokens = tokens };
        for (int i = 0; i < microBatches.Count && !IsCancelled(cancellation); i++)
        {
            begin?.Invoke(i);
            figures = Accumulate(figures, microBatches[i], targets, (double)microBatches[i].Tokens.Rows / rows);
        }

        if (_ranks is not null)
        {
            figures = OfAll(_ranks, figures, cancellation);
            if (figures.Finite)
            {
                _ranks.SumGradients(_optimizer.Parameters);
            }
        }

        bool finite = figures.Finite;
        double norm = finite ? _optimizer.GradientNorm() : double.NaN;
        finite &= double.IsFinite(norm);
        if (finite)
        {
            // PyTorch's clip_grad_norm_, without a pass of its own over the gradients.
            _optimizer.Step(learningRate, Math.Min(1, _maxGradNorm / (norm + ClippingEpsilon)));
        }

        ClearGradients();
        return figures with { GradientNorm = norm, Finite = finite };
    }

    private StepFigures Accumulate(StepFigures soFar, TaskBatch batch, double targets, double rowShare)
    {
        using var scope = NewDisposeScope();
        var (states, inputIds, mask) = _pass.Train(batch.Tokens, _selection);
        var loss = _objective.Compute(_backbone, states, inputIds, batch);
        var task = loss.Sum.Over(targets);
        var total = task;
        double? dispersionValue = null;
        if (_dispersion.Coefficient > 0)
        {
            var dispersion = DispersionRegularizer.Compute(states.HiddenStates, mask, _dispersion, _subsampling, _moments?.Add(states.HiddenStates, mask), _backbone.ComputeType);
            dispersionValue = dispersion.item<float>() * rowShare;
            total = task.Plus(dispersion.Times(_dispersion.Coefficient * rowShare));
        }

        total.backward();
        double value = task.item<float>();
        return new StepFigures(
            soFar.TaskLoss + (loss.Own is { } own ? own.ToDouble() / targets : value),
            soFar.Dispersion + dispersionValue,
            soFar.GradientNorm,
            soFar.Finite && double.IsFinite(value) && double.IsFinite(dispersionValue ?? 0))
        {
            Named = Added(soFar.Named, loss.Figures, targets),
            Tokens = soFar.Tokens,
        };
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

    private static StepFigures OfAll(RankGroup ranks, StepFigures own, CancellationToken cancellation)
    {
        double[] total = ranks.Total(own.TaskLoss, own.Dispersion ?? 0, own.Finite ? 0 : 1, cancellation.IsCancellationRequested ? 1 : 0);
        ranks.ThrowIfCancelled(total[3], cancellation);
        return own with
        {
            TaskLoss = total[0],
            Dispersion = own.Dispersion is null ? null : total[1],
            Finite = total[2] == 0,
            Named = ranks.Total(nameof(TrainingStep), own.Named),
        };
    }

    private static IReadOnlyDictionary<string, double> Added(IReadOnlyDictionary<string, double> soFar, IReadOnlyDictionary<string, Tensor> more, double targets)
    {
        if (more.Count == 0)
        {
            return soFar;
        }

        var sums = new Dictionary<string, double>(soFar);
        foreach (var (name, sum) in more)
        {
            sums[name] = sums.GetValueOrDefault(name) + (sum.ToDouble() / targets);
        }

        return sums;
    }

    private void ClearGradients()
    {
        foreach (Parameter parameter in _optimizer.Parameters)
        {
            parameter.grad = null;
        }
    }
}

/// <summary>What one optimizer step measured.</summary>
/// <param name="TaskLoss">Mean over the step's targets.</param>
/// <param name="Dispersion">Mean over the step's rows, before its coefficient; null when it is off.</param>
/// <param name="GradientNorm">Before clipping.</param>
/// <param name="Finite">Whether all of it was finite; otherwise the weights were left as they were.</param>
internal sealed record StepFigures(double TaskLoss, double? Dispersion, double GradientNorm, bool Finite)
{
    /// <summary>The objective's own figures by name, means over the step's targets.</summary>
    internal IReadOnlyDictionary<string, double> Named { get; init; } = TrainingProgress.NoFigures;

    /// <summary>The real tokens of the step's micro-batches, those of all ranks.</summary>
    internal long Tokens { get; init; }
}
