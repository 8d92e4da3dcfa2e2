using System.Text.Json;

namespace MLNet.Dispersion;

/// <summary>What one training of a comparison gave, as it is kept with the study.</summary>
internal sealed record ComparedRun
{
    /// <summary>The note that holds it.</summary>
    internal const string Note = "figures";

    /// <summary>The figures of test rows, by metric.</summary>
    public required IReadOnlyDictionary<string, RowFigures> Metrics { get; init; }

    /// <summary>The mean cosine between different tokens of each text that was measured, by hidden state.</summary>
    public required IReadOnlyList<double[]> Cosines { get; init; }

    /// <summary>How long fitting the pipeline took.</summary>
    public required double Seconds { get; init; }

    /// <summary>The most memory that the process held meanwhile, MiB.</summary>
    public required double Mebibytes { get; init; }

    internal string ToJson() => JsonSerializer.Serialize(this);

    internal static ComparedRun Of(Trial trial) => JsonSerializer.Deserialize<ComparedRun>(trial.Notes[Note])!;

    /// <summary>The runs of one seed's folds as one.</summary>
    internal static ComparedRun Joined(IReadOnlyList<ComparedRun> folds) => new()
    {
        Metrics = folds[0].Metrics.Keys.ToDictionary(name => name, name => RowFigures.Joined([.. folds.Select(fold => fold.Metrics[name])])),
        Cosines = [.. folds.SelectMany(fold => fold.Cosines)],
        Seconds = folds.Sum(fold => fold.Seconds),
        Mebibytes = folds.Max(fold => fold.Mebibytes),
    };
}
