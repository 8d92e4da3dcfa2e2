namespace MLNet.Dispersion.Benchmarks.RealData;

/// <summary>One row of a data set.</summary>
internal sealed class LabelledText
{
    public string Label { get; set; } = "";

    public string Text { get; set; } = "";
}
