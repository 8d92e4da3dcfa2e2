namespace MLNet.Dispersion.Search.Tests.Support;

public sealed class Row
{
    public string Text { get; set; } = "";

    public string Label { get; set; } = "";
}
