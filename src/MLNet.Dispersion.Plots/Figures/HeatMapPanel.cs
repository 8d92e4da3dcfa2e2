using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>One heat map: how the cosines of each layer are distributed.</summary>
internal sealed class HeatMapPanel
{
    private readonly IReadOnlyList<IReadOnlyList<double>?> _densities;

    /// <summary>Takes the histograms of a profile.</summary>
    /// <param name="name">What stands above it, fit to be drawn.</param>
    /// <param name="profile">The profile.</param>
    /// <param name="cure">What to set so that there are histograms.</param>
    /// <exception cref="ArgumentException">No layer has a histogram.</exception>
    public HeatMapPanel(string name, CondensationProfile profile, string cure)
    {
        Name = name;
        Profile = profile;
        _densities = [.. profile.Layers.Select(layer => layer.Summary.Histogram is { Total: > 0 } histogram ? histogram.Density : null)];
        if (_densities.All(density => density is null))
        {
            throw new ArgumentException($"The measurement of '{name}' has no histograms, which the heat map shows: {cure}.");
        }

        int blocks = Math.Max(1, profile.Layers.Count - 1);
        CellWidth = 1.0 / blocks;
        Fractions = [.. profile.Layers.Select((_, i) => i / (double)blocks)];
        Means = [.. profile.Layers.Select(layer => layer.MeanCosine)];
    }

    /// <summary>Gets what stands above it.</summary>
    public string Name { get; }

    /// <summary>Gets what it shows.</summary>
    public CondensationProfile Profile { get; }

    /// <summary>Gets the width of a layer's column in layer fractions.</summary>
    public double CellWidth { get; }

    /// <summary>Gets the middles of the columns.</summary>
    public double[] Fractions { get; }

    /// <summary>Gets the mean cosines, NaN where there is none.</summary>
    public double[] Means { get; }

    /// <summary>Gets how many layers have no histogram.</summary>
    public int LayersWithout => _densities.Count(density => density is null);

    /// <summary>Gets what it shows, in a sentence.</summary>
    public string Description => string.Create(CultureInfo.InvariantCulture,
        $"{Name}: the mean cosine goes from {Means[0]:F2} at the embeddings to {Means[^1]:F2} at the last of {Math.Max(1, Means.Length - 1)} layers; {Wording.Trend(Profile.Trend)}.");

    /// <summary>The densities, cosine 1 in the first row; NaN for layers without a histogram.</summary>
    public double[,] Cells()
    {
        var cells = new double[CosineHistogram.BinCount, _densities.Count];
        for (int layer = 0; layer < _densities.Count; layer++)
        {
            for (int bin = 0; bin < CosineHistogram.BinCount; bin++)
            {
                cells[CosineHistogram.BinCount - 1 - bin, layer] = _densities[layer] is { } density ? density[bin] : double.NaN;
            }
        }

        return cells;
    }
}
