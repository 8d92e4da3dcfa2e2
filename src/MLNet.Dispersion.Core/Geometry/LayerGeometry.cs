using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>Says how condensed one layer's hidden states are, over all measured texts. Immutable and thread-safe.</summary>
public sealed record LayerGeometry
{
    /// <summary>Gets the index in Hugging Face convention: 0 is the embedding output, 1..N the block outputs, the last one after the final norm.</summary>
    public required int HiddenState { get; init; }

    /// <summary>Gets the cosines with all token pairs of all texts pooled: always defined.</summary>
    public required CosineSummary Pooled { get; init; }

    /// <summary>Gets the cosines of matrices averaged entry by entry (published); null when the texts differ in token count.</summary>
    public required CosineSummary? Elementwise { get; init; }

    /// <summary>What tables call it: <c>embeddings</c>, or the number of the block from 1.</summary>
    internal string Name => NameOf(HiddenState);

    /// <summary>What tables call a hidden state.</summary>
    internal static string NameOf(int hiddenState) => hiddenState == 0 ? "embeddings" : hiddenState.ToString(CultureInfo.InvariantCulture);

    /// <summary>Gets the published convention where it is defined, else the pooled one.</summary>
    public CosineSummary Summary => Elementwise ?? Pooled;

    /// <summary>Gets the mean cosine with the diagonal in (the published figure), -1..1: near 1 is condensed.</summary>
    public double MeanCosine => Summary.Means.Full;

    /// <summary>Gets the mean cosine over pairs of different tokens, -1..1.</summary>
    public double MeanCosineOffDiagonal => Summary.Means.OffDiagonal;
}
