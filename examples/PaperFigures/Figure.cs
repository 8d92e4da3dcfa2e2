namespace MLNet.Dispersion.Examples.PaperFigures;

/// <summary>One model on one kind of texts, as a line of the table, of figures.csv and of figures.json.</summary>
internal sealed record Figure
{
    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>Its family.</summary>
    public required string Family { get; init; }

    /// <summary>How many parameters it has.</summary>
    public required long Parameters { get; init; }

    /// <summary>Its blocks.</summary>
    public required int Blocks { get; init; }

    /// <summary>The kind of texts.</summary>
    public required string Source { get; init; }

    /// <summary>How many texts were measured.</summary>
    public required int Texts { get; init; }

    /// <summary>The tokens of each.</summary>
    public required int Tokens { get; init; }

    /// <summary>The mean cosine of the embeddings.</summary>
    public required double FirstCosine { get; init; }

    /// <summary>The mean cosine of the last layer.</summary>
    public required double LastCosine { get; init; }

    /// <summary>The limits of its 95 % interval over the texts; null of fewer than ten texts.</summary>
    public required double? LastCosineLower { get; init; }

    /// <summary>The upper one.</summary>
    public required double? LastCosineUpper { get; init; }

    /// <summary>The largest mean cosine of a block.</summary>
    public required double PeakCosine { get; init; }

    /// <summary>Its hidden state.</summary>
    public required int PeakLayer { get; init; }

    /// <summary>What is left of the last layer's cosine between different tokens minus the common mean of all tokens.</summary>
    public required double LastCentred { get; init; }

    /// <summary>Spearman's rho between mean cosine and depth.</summary>
    public required double Spearman { get; init; }

    /// <summary>The limits of its 95 % interval over the texts.</summary>
    public required double? SpearmanLower { get; init; }

    /// <summary>The upper one.</summary>
    public required double? SpearmanUpper { get; init; }

    /// <summary>How often so large a rho comes out by chance with as many layers.</summary>
    public required double PValue { get; init; }

    /// <summary>Kendall's tau-b of the same.</summary>
    public required double KendallTauB { get; init; }

    /// <summary>What may be said of the trend, as a word: condenses, opens, or cannot be told.</summary>
    public required string Word { get; init; }

    /// <summary>The same in a sentence.</summary>
    public required string Trend { get; init; }

    /// <summary>What carries the cone.</summary>
    public required string Cone { get; init; }

    /// <summary>The figures of a report, all of the mean cosine that its sentences speak of.</summary>
    public static Figure Of(Measured measured)
    {
        CondensationReport report = measured.Report;
        bool isPublished = report.MainCosine == GeometryMeasure.MeanCosine;
        Interval? rho = isPublished ? report.Intervals?.Spearman : report.Intervals?.SpearmanOffDiagonal;
        double[] cosines = [.. report.Layers.Select(layer => layer.Measures[report.MainCosine])];
        int peak = cosines.Length == 1 ? 0 : Enumerable.Range(1, cosines.Length - 1).MaxBy(layer => cosines[layer]);
        return new Figure
        {
            Model = report.Model,
            Family = measured.Model.Family,
            Parameters = report.Parameters!.Value,
            Blocks = report.Layers.Count - 1,
            Source = measured.Source.Name,
            Texts = report.Profile.Texts,
            Tokens = report.Profile.TokensPerText!.Value,
            FirstCosine = cosines[0],
            LastCosine = cosines[^1],
            LastCosineLower = report.MainIntervals?[^1].Lower,
            LastCosineUpper = report.MainIntervals?[^1].Upper,
            PeakCosine = cosines[peak],
            PeakLayer = peak,
            LastCentred = report.Cone!.Layers[^1].Centred,
            Spearman = report.MainTrend.Spearman,
            SpearmanLower = rho?.Lower,
            SpearmanUpper = rho?.Upper,
            PValue = report.MainTrend.PValue,
            KendallTauB = report.MainTrend.KendallTauB,
            Word = !report.MainTrend.IsSignificant || rho is { Lower: <= 0, Upper: >= 0 } ? "cannot be told" : report.MainTrend.Spearman > 0 ? "condenses" : "opens",
            Trend = report.TrendSentence,
            Cone = report.Cone.Sentence,
        };
    }
}

/// <summary>A report of one model on one kind of texts.</summary>
internal sealed record Measured(NamedModel Model, TextSource Source, CondensationReport Report);
