using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion.Tests.Support;

/// <summary>What measuring geometry adds, with one measure besides the default.</summary>
public sealed class GeometryRow
{
    public string? Text { get; set; }

    public float Id { get; set; }

    [ColumnName("Geometry.MeanCosine")]
    public float[] MeanCosine { get; set; } = [];

    [ColumnName("Geometry.EffectiveRank")]
    public float[] EffectiveRank { get; set; } = [];

    [ColumnName("Geometry.TrendSpearman")]
    public float TrendSpearman { get; set; }

    [ColumnName("Geometry.TrendKendall")]
    public float TrendKendall { get; set; }

    [ColumnName("Geometry.TokenCount")]
    public int TokenCount { get; set; }

    /// <summary>All figures in one row.</summary>
    internal float[] Figures => [.. MeanCosine, .. EffectiveRank, TrendSpearman, TrendKendall, TokenCount];

    /// <summary>Options under which the columns above are there.</summary>
    internal static EmbeddingGeometryOptions Options(int maxTokens = 512) => new()
    {
        Measures = [GeometryMeasure.EffectiveRank, GeometryMeasure.MeanCosine],
        MaxTokens = maxTokens,
        Device = "cpu",
    };

    /// <summary>The figures that measuring a text directly gives.</summary>
    internal static float[] Expected(TextGeometry geometry) =>
    [
        .. geometry.ByLayer(GeometryMeasure.MeanCosine).Concat(geometry.ByLayer(GeometryMeasure.EffectiveRank))
            .Append(geometry.Trend.Spearman).Append(geometry.Trend.KendallTauB).Append(geometry.TokenCount).Select(value => (float)value),
    ];

    internal static List<GeometryRow> Read(MLContext ml, IDataView measured) => [.. ml.Data.CreateEnumerable<GeometryRow>(measured, reuseRowObject: false)];

    /// <summary>Compares figures; NaN equals NaN.</summary>
    internal static void AssertClose(IReadOnlyList<float> expected, IReadOnlyList<float> actual, float tolerance = 1e-5f)
    {
        Assert.Equal(expected.Count, actual.Count);
        for (int i = 0; i < expected.Count; i++)
        {
            Assert.True(
                float.IsNaN(expected[i]) ? float.IsNaN(actual[i]) : MathF.Abs(expected[i] - actual[i]) <= tolerance * MathF.Max(1, MathF.Abs(expected[i])),
                $"figure {i}: expected {expected[i]}, got {actual[i]}");
        }
    }
}
