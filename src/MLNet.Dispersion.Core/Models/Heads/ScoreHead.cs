using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>The head of a classifier or regressor: a linear layer without bias on one vector of a text, or the family's own head. A regressor's has one output.</summary>
public sealed class ScoreHead : ITextHead
{
    internal const string WeightName = "score.weight";
    private const double InitializerRange = 0.02;

    /// <summary>Takes the weights, which it then owns.</summary>
    /// <param name="weight"><c>[K, F]</c>, float32.</param>
    /// <param name="pooler">Makes the vector of a text; owned from then on. Null for what the backbone's family does.</param>
    internal ScoreHead(Tensor weight, TextPooler? pooler = null)
    {
        Weight = new Parameter(weight.DetachFromDisposeScope());
        Pooler = pooler ?? new TextPooler(TextPooling.Family);
    }

    /// <summary>Takes a family's own head, which stays the model's.</summary>
    internal ScoreHead(PretrainedHead own)
    {
        Own = own;
        Weight = own.Last!.Weight;
        Pooler = new TextPooler(TextPooling.Family);
    }

    /// <summary>Gets the weights of the last layer, <c>[K, F]</c>, float32.</summary>
    public Parameter Weight { get; }

    /// <summary>Gets the outputs of each text (K).</summary>
    public int OutputCount => (int)Weight.shape[0];

    /// <summary>Gets the family's own head; null for the linear layer alone.</summary>
    public PretrainedHead? Own { get; }

    /// <summary>Gets how a text's tokens become the vector that the head reads; <see cref="TextPooling.Family"/> where it is the family's own.</summary>
    public TextPooling Pooling => Pooler.Pooling;

    /// <summary>All that is trained of it: the weights, and the query of <see cref="TextPooling.Attention"/>.</summary>
    internal IReadOnlyList<Parameter> Parameters => Own is not null ? [.. Own.Parameters.Select(pair => pair.Parameter)] : Pooler.Query is { } query ? [Weight, query] : [Weight];

    /// <summary>Makes the vector of a text.</summary>
    internal TextPooler Pooler { get; }

    TextPooler ITextHead.Pooler => Pooler;

    PretrainedHead? ITextHead.Own => Own;

    IReadOnlyList<Parameter> ITextHead.Parameters => Parameters;

    IReadOnlyList<KeyValuePair<string, Tensor>> ITextHead.Saved => Own is null ? [new(WeightName, Weight), .. Pooler.Saved] : [];

    /// <summary>A head with weights drawn from N(0, 0.02), Hugging Face's initialisation.</summary>
    internal static ScoreHead Create(int hiddenSize, int outputCount, int seed, Device device, TextPooling pooling = TextPooling.Family)
    {
        using var noGradient = no_grad();
        using var generator = SeedStream.TorchGenerator(seed, SeedStream.Head, CPU);
        using var host = zeros(outputCount, hiddenSize).normal_(0, InitializerRange, generator);
        return new ScoreHead(host.to(device, copy: true), TextPooler.Create(pooling, hiddenSize, device));
    }

    /// <summary>Computes the outputs: logits of classes, or a number.</summary>
    /// <param name="summary">One vector a text, <c>[B, F]</c>, float32.</param>
    /// <returns>The outputs, <c>[B, K]</c>, float32, in the caller's dispose scope.</returns>
    public Tensor Outputs(Tensor summary) => nn.functional.linear(summary, Weight);

    /// <summary>Pools the states of each text and computes its outputs.</summary>
    /// <param name="backbone">Whose states they are.</param>
    /// <param name="lastHiddenState"><c>[B, L, F]</c>, float32.</param>
    /// <param name="lengths">Real tokens of each row, padding on the right.</param>
    /// <returns>The outputs, <c>[B, K]</c>, float32, in the caller's dispose scope.</returns>
    public Tensor Outputs(LanguageBackbone backbone, Tensor lastHiddenState, IReadOnlyList<int> lengths) =>
        Own is null ? Outputs(Pooler.Summary(backbone, lastHiddenState, lengths)) : Own.Outputs(lastHiddenState, lengths);

    /// <summary>What it reads of the final states, in the terms of families' own heads; null where those have no word for it.</summary>
    internal HeadReading? ReadingOn(LanguageBackbone backbone) => Pooling switch
    {
        TextPooling.Family => backbone.IsCausal ? HeadReading.LastToken : backbone.HasPooler ? HeadReading.Pooler : HeadReading.FirstToken,
        TextPooling.LastToken when backbone.IsCausal => HeadReading.LastToken,
        TextPooling.FirstToken => HeadReading.FirstToken,
        TextPooling.Mean => HeadReading.Mean,
        _ => null,
    };

    /// <summary>Puts the outputs into another order.</summary>
    /// <param name="places">For each, its place now.</param>
    internal void Reorder(long[] places)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        Weight.copy_(Weight.index_select(0, tensor(places, device: Weight.device)));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Pooler.Dispose();
        if (Own is null)
        {
            Weight.Dispose();
        }
    }
}
