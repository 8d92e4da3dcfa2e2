using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>How condensed one layer's hidden states are, over all measured texts.</summary>
/// <param name="HiddenState">The index in Hugging Face convention: 0 is the embedding output, 1..N the block outputs, the last one after the final norm.</param>
/// <param name="Pooled">All token pairs of all texts pooled: always defined.</param>
/// <param name="Elementwise">Matrices averaged entry by entry (published): null when the texts differ in token count.</param>
public sealed record LayerGeometry(int HiddenState, CosineSummary Pooled, CosineSummary? Elementwise)
{
    /// <summary>What tables call it: <c>embeddings</c>, or the number of the block from 1.</summary>
    internal string Name => HiddenState == 0 ? "embeddings" : HiddenState.ToString(CultureInfo.InvariantCulture);

    /// <summary>The published convention where it is defined, else the pooled one.</summary>
    public CosineSummary Summary => Elementwise ?? Pooled;

    /// <summary>The mean cosine with the diagonal in (the published figure), -1..1: near 1 is condensed.</summary>
    public double MeanCosine => Summary.Means.Full;

    /// <summary>The mean cosine over pairs of different tokens, -1..1.</summary>
    public double MeanCosineOffDiagonal => Summary.Means.OffDiagonal;
}
