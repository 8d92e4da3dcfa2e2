using Microsoft.ML.Data;

namespace MLNet.Dispersion.Examples.QuickStart;

/// <summary>One row of tickets.tsv.</summary>
internal sealed class Ticket
{
    /// <summary>Which team it belongs to.</summary>
    [LoadColumn(0)]
    public string Label { get; set; } = "";

    /// <summary>What the customer wrote.</summary>
    [LoadColumn(1)]
    public string Text { get; set; } = "";
}
