using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>The columns that measuring embedding geometry reads and adds: a vector a measure, then the trends and the token count.</summary>
internal sealed class GeometryColumns
{
    /// <param name="text">The text column.</param>
    /// <param name="prefix">What the added columns' names begin with.</param>
    /// <param name="measures">What is asked for; the mean cosine is always there.</param>
    /// <exception cref="ArgumentException">A name is empty, or the text column is called like one that is added.</exception>
    internal GeometryColumns(string text, string prefix, IEnumerable<GeometryMeasure> measures)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            throw new ArgumentException("The text column has no name.");
        }

        ArgumentException.ThrowIfNullOrWhiteSpace(prefix);
        Text = text;
        Prefix = prefix;
        Measures = [.. measures.Append(GeometryMeasure.MeanCosine).Distinct().Order()];
        if (AddedColumns.Alone((builder, _) => AddTo(builder, layerCount: 1)).GetColumnOrNull(text) is not null)
        {
            throw new ArgumentException($"The text column is called '{text}', and so would be an added column: set another EmbeddingGeometryOptions.OutputColumnPrefix than '{prefix}'.");
        }
    }

    internal string Text { get; }

    internal string Prefix { get; }

    /// <summary>In the order of the enumeration, which is that of the added columns: the measure's number here is its column's offset.</summary>
    internal IReadOnlyList<GeometryMeasure> Measures { get; }

    internal int SpearmanOffset => Measures.Count;

    internal int KendallOffset => Measures.Count + 1;

    /// <summary>Adds the added columns.</summary>
    internal void AddTo(DataViewSchema.Builder builder, int layerCount)
    {
        ReadOnlyMemory<char>[] layers = [.. Enumerable.Range(0, layerCount).Select(LayerName)];
        foreach (GeometryMeasure measure in Measures)
        {
            var annotations = new DataViewSchema.Annotations.Builder();
            SlotNames.Add(annotations, layers);
            builder.AddColumn(Name($"{measure}"), new VectorDataViewType(NumberDataViewType.Single, layerCount), annotations.ToAnnotations());
        }

        builder.AddColumn(Name("TrendSpearman"), NumberDataViewType.Single);
        builder.AddColumn(Name("TrendKendall"), NumberDataViewType.Single);
        builder.AddColumn(Name("TokenCount"), NumberDataViewType.Int32);
    }

    private string Name(string what) => $"{Prefix}.{what}";

    private static ReadOnlyMemory<char> LayerName(int hiddenState) =>
        (hiddenState == 0 ? "embeddings" : string.Create(CultureInfo.InvariantCulture, $"layer {hiddenState}")).AsMemory();
}
