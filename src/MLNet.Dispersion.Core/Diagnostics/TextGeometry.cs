using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>The geometry of one text's hidden states, layer by layer. Immutable and thread-safe; holds no tensors.</summary>
public sealed class TextGeometry
{
    private readonly IReadOnlyDictionary<GeometryMeasure, IReadOnlyList<double>> _values;

    internal TextGeometry(int tokenCount, int layerCount, IReadOnlyDictionary<GeometryMeasure, IReadOnlyList<double>> values, CondensationTrend trend, IReadOnlyList<SingularSpectrum> spectra)
    {
        TokenCount = tokenCount;
        LayerCount = layerCount;
        _values = values;
        Trend = trend;
        Spectra = spectra;
    }

    /// <summary>Tokens that were looked at, after truncation.</summary>
    public int TokenCount { get; }

    /// <summary>Hidden states, N + 1.</summary>
    public int LayerCount { get; }

    /// <summary>Whether there are two tokens at least. Without a pair there is no cosine: those values are NaN then, and belong into no average.</summary>
    public bool HasPairs => TokenCount >= 2;

    /// <summary>What was measured, in the order of <see cref="GeometryMeasures.All"/>.</summary>
    public IReadOnlyList<GeometryMeasure> Measures => [.. _values.Keys.Order()];

    /// <summary>The trend of the mean cosine (diagonal in) with depth; measured always. NaN without pairs, and when all layers are equal.</summary>
    public CondensationTrend Trend { get; }

    /// <summary>The singular values by layer; empty when no measure needed them.</summary>
    internal IReadOnlyList<SingularSpectrum> Spectra { get; }

    /// <summary>A measure by layer: entry i is that of hidden state i, 0..N.</summary>
    /// <param name="measure">One of <see cref="Measures"/>.</param>
    /// <returns>
    /// N + 1 values. Cosines are NaN without pairs; everything is NaN without tokens. <see cref="GeometryMeasure.HighFrequencyGrowth"/> and
    /// <see cref="GeometryMeasure.HighToLowFrequencyRatio"/> can be infinite or NaN where what they divide by is zero, such as for a single token.
    /// </returns>
    /// <exception cref="ArgumentException">It was not measured.</exception>
    public IReadOnlyList<double> ByLayer(GeometryMeasure measure) => _values.TryGetValue(measure, out IReadOnlyList<double>? values)
        ? values
        : throw new ArgumentException($"{measure} was not measured; there are {string.Join(", ", Measures)}. Ask for it when measuring.", nameof(measure));

    /// <summary>Measures one text.</summary>
    /// <param name="hiddenStates">Hidden states 0..N, each <c>[n, F]</c> with the same n, floating point, finite; not kept. n may be 0 or 1.</param>
    /// <param name="measures">What to measure, at least one. Singular values are only taken for those that need them.</param>
    /// <exception cref="ArgumentException">No hidden states, a wrong shape or type, or no measures.</exception>
    /// <exception cref="InvalidOperationException">A hidden state holds NaN or infinity: the message names the layer.</exception>
    public static TextGeometry Measure(IReadOnlyList<Tensor> hiddenStates, IReadOnlyCollection<GeometryMeasure> measures) =>
        TextGeometryCalculator.Measure(hiddenStates, GeometryMeasures.Checked(measures, nameof(measures)), "the text");
}
