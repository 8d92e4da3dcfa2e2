using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>The head of a classifier or regressor: a linear layer without bias on the backbone's summary of a text, or the family's own head. A regressor's has one output.</summary>
public sealed class ScoreHead : IDisposable
{
    internal const string WeightName = "score.weight";
    private const double InitializerRange = 0.02;

    /// <summary>Takes the weights, which it then owns.</summary>
    /// <param name="weight"><c>[K, F]</c>, float32.</param>
    internal ScoreHead(Tensor weight) => Weight = new Parameter(weight.DetachFromDisposeScope());

    /// <summary>Takes a family's own head, which stays the model's.</summary>
    internal ScoreHead(PretrainedHead own)
    {
        Own = own;
        Weight = own.Last!.Weight;
    }

    /// <summary>Gets the weights of the last layer, <c>[K, F]</c>, float32.</summary>
    public Parameter Weight { get; }

    /// <summary>Gets the outputs of each text (K).</summary>
    public int OutputCount => (int)Weight.shape[0];

    /// <summary>The family's own head; null for the linear layer alone.</summary>
    internal PretrainedHead? Own { get; }

    /// <summary>All that is trained of it.</summary>
    internal IReadOnlyList<Parameter> Parameters => Own is null ? [Weight] : [.. Own.Parameters.Select(pair => pair.Parameter)];

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

    /// <summary>Computes the outputs of each text from the final states.</summary>
    /// <param name="backbone">Whose states they are.</param>
    /// <param name="lastHiddenState"><c>[B, L, F]</c>, float32.</param>
    /// <param name="lengths">Real tokens of each row, padding on the right.</param>
    /// <returns>The outputs, <c>[B, K]</c>, float32, in the caller's dispose scope.</returns>
    public Tensor Outputs(LanguageBackbone backbone, Tensor lastHiddenState, IReadOnlyList<int> lengths)
    {
        ArgumentNullException.ThrowIfNull(backbone);
        return Own is null ? Outputs(backbone.Summary(lastHiddenState, lengths)) : Own.Outputs(lastHiddenState, lengths);
    }

    /// <summary>What it reads of the final states, in the terms of families' own heads.</summary>
    internal static HeadReading ReadingOn(LanguageBackbone backbone) =>
        backbone.IsCausal ? HeadReading.LastToken : backbone.HasPooler ? HeadReading.Pooler : HeadReading.FirstToken;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Own is null)
        {
            Weight.Dispose();
        }
    }
}
