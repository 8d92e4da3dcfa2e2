using MLNet.Dispersion.Geometry;

namespace MLNet.Dispersion.Diagnostics;

/// <summary>How condensed a model's hidden states are, in every measure, layer by layer, over a sample of texts. Immutable and thread-safe; holds no tensors.</summary>
public sealed class CondensationReport
{
    internal CondensationReport(string model, DateTimeOffset measured, int maxTokens, int truncatedTexts, int spectrumTexts, CondensationProfile profile, IReadOnlyList<LayerReport> layers)
    {
        Model = model;
        Measured = measured;
        MaxTokens = maxTokens;
        TruncatedTexts = truncatedTexts;
        SpectrumTexts = spectrumTexts;
        Profile = profile;
        Layers = layers;
    }

    /// <summary>The model's name.</summary>
    public string Model { get; }

    /// <summary>When it was measured.</summary>
    public DateTimeOffset Measured { get; }

    /// <summary>Texts were cut to this many tokens.</summary>
    public int MaxTokens { get; }

    /// <summary>How many measured texts were cut.</summary>
    public int TruncatedTexts { get; }

    /// <summary>Of how many texts the spectral measures are the mean.</summary>
    public int SpectrumTexts { get; }

    /// <summary>The cosine statistics: means, histograms, trends, last-n means, and how many texts and tokens there were.</summary>
    public CondensationProfile Profile { get; }

    /// <summary>Hidden states 0..N.</summary>
    public IReadOnlyList<LayerReport> Layers { get; }
}
