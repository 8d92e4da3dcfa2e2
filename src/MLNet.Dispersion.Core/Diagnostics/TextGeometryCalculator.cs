using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Computes a <see cref="TextGeometry"/>. Pure, thread-safe.</summary>
internal static class TextGeometryCalculator
{
    private static readonly CondensationTrend NoTrend = new(double.NaN, double.NaN);

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

        using var noGrad = no_grad();
        bool spectra = measures.Any(measure => measure.NeedsSingularValues());
        var layers = new LayerFigures[hiddenStates.Count];
        for (int i = 0; i < layers.Length; i++)
        {
            layers[i] = LayerFigures.Measure(hiddenStates[i], spectra) ?? throw NonFiniteState.Error(i, text);
        }

        var values = measures.ToDictionary(measure => measure, measure => (IReadOnlyList<double>)Array.AsReadOnly(Array.ConvertAll(layers, layer => layer.Value(measure, layers[0]))));
        CondensationTrend trend = tokens < 2 ? NoTrend : CondensationTrend.Of(Array.ConvertAll(layers, layer => layer.Cosine.Full));
        return new TextGeometry(tokens, layers.Length, values, trend, spectra ? Array.ConvertAll(layers, layer => layer.Spectrum!.Raw) : []);
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
