using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>A linear layer without bias on the backbone's summary of a text, named and shaped as Hugging Face's sequence classifiers have it; a regressor's has one output.</summary>
public sealed class ScoreHead : IDisposable
{
    internal const string WeightName = "score.weight";
    private const double InitializerRange = 0.02;

    /// <summary>Takes the weights, which it then owns.</summary>
    /// <param name="weight"><c>[K, F]</c>, float32.</param>
    internal ScoreHead(Tensor weight) => Weight = new Parameter(weight.DetachFromDisposeScope());

    /// <summary>Gets the weights, <c>[K, F]</c>, float32.</summary>
    public Parameter Weight { get; }

    /// <summary>Gets the outputs of each text (K).</summary>
    public int OutputCount => (int)Weight.shape[0];

    /// <summary>A head with weights drawn from N(0, 0.02), Hugging Face's initialisation.</summary>
    internal static ScoreHead Create(int hiddenSize, int outputCount, int seed, Device device)
    {
        using var noGradient = no_grad();
        using var generator = SeedStream.TorchGenerator(seed, SeedStream.Head, CPU);
        using var host = zeros(outputCount, hiddenSize).normal_(0, InitializerRange, generator);
        return new ScoreHead(host.to(device, copy: true));
    }

    /// <summary>Computes the outputs: logits of classes, or a number.</summary>
    /// <param name="summary">One vector a text, <c>[B, F]</c>, float32.</param>
    /// <returns>The outputs, <c>[B, K]</c>, float32, in the caller's dispose scope.</returns>
    public Tensor Outputs(Tensor summary) => nn.functional.linear(summary, Weight);

    /// <inheritdoc/>
    public void Dispose() => Weight.Dispose();
}
