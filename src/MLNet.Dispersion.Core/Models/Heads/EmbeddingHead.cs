using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>The head of an embedding model: the pooled vector of a text itself, or its first features.</summary>
public sealed class EmbeddingHead : ITextHead
{
    /// <param name="pooler">Makes the vector of a text; owned from then on.</param>
    /// <param name="outputCount">How many of its features are given out.</param>
    internal EmbeddingHead(TextPooler pooler, int outputCount)
    {
        Pooler = pooler;
        OutputCount = outputCount;
    }

    /// <summary>Gets how many features of a text's vector are given out (K).</summary>
    public int OutputCount { get; }

    /// <summary>Gets how a text's tokens become its vector.</summary>
    public TextPooling Pooling => Pooler.Pooling;

    /// <summary>Makes the vector of a text.</summary>
    internal TextPooler Pooler { get; }

    TextPooler ITextHead.Pooler => Pooler;

    PretrainedHead? ITextHead.Own => null;

    IReadOnlyList<Parameter> ITextHead.Parameters => Parameters;

    IReadOnlyList<KeyValuePair<string, Tensor>> ITextHead.Saved => Pooler.Saved;

    /// <summary>All that is trained of it: the query of <see cref="TextPooling.Attention"/>.</summary>
    internal IReadOnlyList<Parameter> Parameters => Pooler.Query is { } query ? [query] : [];

    /// <summary>Pools the states of each text.</summary>
    /// <param name="backbone">Whose states they are.</param>
    /// <param name="lastHiddenState"><c>[B, L, F]</c>, float32.</param>
    /// <param name="lengths">Real tokens of each row, padding on the right.</param>
    /// <returns>Whole vectors, <c>[B, F]</c>, float32, in the caller's dispose scope; not scaled.</returns>
    public Tensor Pooled(LanguageBackbone backbone, Tensor lastHiddenState, IReadOnlyList<int> lengths) => Pooler.Summary(backbone, lastHiddenState, lengths);

    /// <summary>Pools the states of each text, and takes the first features.</summary>
    /// <param name="backbone">Whose states they are.</param>
    /// <param name="lastHiddenState"><c>[B, L, F]</c>, float32.</param>
    /// <param name="lengths">Real tokens of each row, padding on the right.</param>
    /// <returns><c>[B, K]</c>, float32, in the caller's dispose scope; not scaled.</returns>
    public Tensor Outputs(LanguageBackbone backbone, Tensor lastHiddenState, IReadOnlyList<int> lengths) => Pooled(backbone, lastHiddenState, lengths).narrow(1, 0, OutputCount);

    /// <inheritdoc/>
    public void Dispose() => Pooler.Dispose();
}
