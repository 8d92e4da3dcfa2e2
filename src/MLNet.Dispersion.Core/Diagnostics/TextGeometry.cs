using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Holds the geometry of one text's hidden states, layer by layer. Immutable and thread-safe; holds no tensors.</summary>
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

    /// <summary>Gets how many tokens were looked at, after truncation.</summary>
    public int TokenCount { get; }

    /// <summary>Gets whether a <see cref="TextGeometryProbe"/> cut tokens off.</summary>
    public bool IsTruncated { get; internal set; }

    /// <summary>Gets the number of hidden states, N + 1.</summary>
    public int LayerCount { get; }

    /// <summary>Gets whether there are two tokens at least. Without a pair there is no cosine: those values are NaN then, and belong into no average.</summary>
    public bool HasPairs => TokenCount >= 2;

    /// <summary>Gets what was measured, in the order of <see cref="GeometryMeasures.All"/>.</summary>
    public IReadOnlyList<GeometryMeasure> Measures => [.. _values.Keys.Order()];

    /// <summary>Gets the trend of the mean cosine (diagonal in) with depth; measured always. NaN without pairs, and when all layers are equal.</summary>
    public CondensationTrend Trend { get; }

    /// <summary>The singular values by layer; empty when no measure needed them.</summary>
    internal IReadOnlyList<SingularSpectrum> Spectra { get; }

    /// <summary>Gets a measure by layer: entry i is that of hidden state i, 0..N.</summary>
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

/// <summary>Computes a <see cref="TextGeometry"/>. Pure, thread-safe.</summary>
internal static class TextGeometryCalculator
{
    private static readonly CondensationTrend NoTrend = new() { Spearman = double.NaN, KendallTauB = double.NaN, PValue = double.NaN };

    /// <summary>Measures one text.</summary>
    /// <param name="hiddenStates">Hidden states 0..N, each <c>[n, F]</c>.</param>
    /// <param name="measures">Checked measures.</param>
    /// <param name="text">How errors name the text.</param>
    public static TextGeometry Measure(IReadOnlyList<Tensor> hiddenStates, IReadOnlyList<GeometryMeasure> measures, string text)
    {
        int tokens = CheckShapes(hiddenStates);
        if (tokens == 0)
        {
            return Empty(hiddenStates.Count, measures);
        }

        return Of([.. hiddenStates.Select((state, i) => Figures(i, state, measures, text))], tokens, measures);
    }

    /// <summary>The figures of one layer.</summary>
    internal static LayerFigures Figures(int hiddenState, Tensor state, IReadOnlyList<GeometryMeasure> measures, string text)
    {
        using var noGrad = no_grad();
        return LayerFigures.Measure(state, measures.Any(measure => measure.NeedsSingularValues())) ?? throw NonFiniteState.Error(hiddenState, text);
    }

    /// <summary>The geometry of a text of which each layer has been measured.</summary>
    internal static TextGeometry Of(LayerFigures[] layers, int tokens, IReadOnlyList<GeometryMeasure> measures)
    {
        var values = measures.ToDictionary(measure => measure, measure => (IReadOnlyList<double>)Array.AsReadOnly(Array.ConvertAll(layers, layer => measure.ValueOf(layer, layers[0]))));
        CondensationTrend trend = tokens < 2 ? NoTrend : CondensationTrend.Of(Array.ConvertAll(layers, layer => layer.Cosine.Full));
        return new TextGeometry(tokens, layers.Length, values, trend, layers[0].Spectrum is null ? [] : Array.ConvertAll(layers, layer => layer.Spectrum!.Raw));
    }

    /// <summary>The geometry of a text without tokens.</summary>
    /// <param name="layerCount">Hidden states, N + 1.</param>
    /// <param name="measures">Checked measures.</param>
    public static TextGeometry Empty(int layerCount, IReadOnlyList<GeometryMeasure> measures)
    {
        IReadOnlyList<double> nothing = Array.AsReadOnly(Enumerable.Repeat(double.NaN, layerCount).ToArray());
        return new TextGeometry(0, layerCount, measures.ToDictionary(measure => measure, _ => nothing), NoTrend, []);
    }

    private static int CheckShapes(IReadOnlyList<Tensor> hiddenStates)
    {
        ArgumentNullException.ThrowIfNull(hiddenStates);
        if (hiddenStates.Count == 0)
        {
            throw new ArgumentException("There are no hidden states: pass those of all layers, 0..N, of one text.", nameof(hiddenStates));
        }

        Tensor? odd = hiddenStates.FirstOrDefault(state => state.dim() != 2 || !state.is_floating_point() || state.shape[0] != hiddenStates[0].shape[0]);
        return odd is null ? checked((int)hiddenStates[0].shape[0]) : throw new ArgumentException(
            $"The hidden states of one text must all be [n, F] of a floating-point type with the same n; one is {odd.dtype} [{string.Join(", ", odd.shape)}].", nameof(hiddenStates));
    }
}
