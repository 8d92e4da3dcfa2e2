namespace MLNet.Dispersion.Benchmarks.HeldBack;

/// <summary>One row.</summary>
internal sealed class LabelledText
{
    public string Label { get; set; } = "";

    public string Text { get; set; } = "";
}
