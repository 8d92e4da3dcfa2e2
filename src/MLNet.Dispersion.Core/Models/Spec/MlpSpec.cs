namespace MLNet.Dispersion.Models;

/// <summary>Says how the perceptron of a block is made.</summary>
public sealed record MlpSpec
{
    /// <summary>Gets the features between its layers.</summary>
    public required int InnerSize { get; init; }

    /// <summary>Gets the activation.</summary>
    public required Activation Activation { get; init; }

    /// <summary>Gets a value indicating whether it is gated: <c>down(activation(gate x) * up x)</c> in place of <c>down(activation(up x))</c>.</summary>
    public bool IsGated { get; init; }

    /// <summary>Gets a value indicating whether gate and plain layer are stored as one matrix, the gate first.</summary>
    public bool IsFused { get; init; }

    /// <summary>Gets a value indicating whether its layers have a bias.</summary>
    public bool HasBias { get; init; }
}
