using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>A micro-batch's task loss.</summary>
public sealed record TaskLoss
{
    private static readonly Dictionary<string, Tensor> None = [];

    /// <summary>Gets the loss that training lowers, summed over the batch's targets: a scalar with a gradient.</summary>
    public required Tensor Sum { get; init; }

    /// <summary>Gets the task's own loss where <see cref="Sum"/> mixes others into it, summed over the targets: a scalar, which progress reports; null (default) where <see cref="Sum"/> is it.</summary>
    public Tensor? Own { get; init; }

    /// <summary>Gets further figures by name (<see cref="TrainingFigures"/> has the usual ones), each a scalar summed over the targets, of which progress and validation report the mean over the targets. Default: none.</summary>
    public IReadOnlyDictionary<string, Tensor> Figures { get; init; } = None;
}
