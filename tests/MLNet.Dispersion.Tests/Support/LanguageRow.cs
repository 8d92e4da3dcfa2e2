using Microsoft.ML;

namespace MLNet.Dispersion.Tests.Support;

/// <summary>What a language model adds, with continuations.</summary>
public sealed class LanguageRow
{
    public string? Text { get; set; }

    public float Id { get; set; }

    public float[] Features { get; set; } = [];

    public int TokenCount { get; set; }

    public float LogLikelihood { get; set; }

    public float Perplexity { get; set; }

    public string? Written { get; set; }

    /// <summary>All figures in one row.</summary>
    internal float[] Figures => [.. Features, TokenCount, LogLikelihood, Perplexity];

    /// <summary>Options under which the columns above are there.</summary>
    internal static LanguageModelOptions Options() => new()
    {
        ContinuationColumnName = "Written",
        Generation = new TextGenerationOptions { MaxNewTokens = 5, Temperature = 0.9, TopK = 30, Seed = 4, TruncatePrompts = true },
        Device = "cpu",
    };

    internal static List<LanguageRow> Read(MLContext ml, IDataView data) => [.. ml.Data.CreateEnumerable<LanguageRow>(data, reuseRowObject: false)];

    internal static void AssertSame(LanguageRow expected, LanguageRow actual)
    {
        GeometryRow.AssertClose(expected.Figures, actual.Figures, 5e-5f);
        Assert.Equal(expected.Written, actual.Written);
    }
}
