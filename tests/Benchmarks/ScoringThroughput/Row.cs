namespace MLNet.Dispersion.Benchmarks.ScoringThroughput;

/// <summary>What goes in.</summary>
internal sealed class Row
{
    public string Text { get; set; } = "";

    public string Label { get; set; } = "";
}
