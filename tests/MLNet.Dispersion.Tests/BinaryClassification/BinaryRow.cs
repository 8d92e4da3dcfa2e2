using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.BinaryClassification;

/// <summary>Two texts with a yes or no: whether <c>refund</c> occurs often in the first.</summary>
public sealed class BinaryRow
{
    public string? Text { get; set; } = "";

    public string? Other { get; set; } = "";

    public bool Label { get; set; }

    internal static List<BinaryRow> Rows(int count, int seed) =>
        [.. NumberedRow.Rows(count, seed).Select(row => new BinaryRow { Text = row.Text, Other = row.Other, Label = row.Label >= 3 })];
}

/// <summary>What a binary classifier adds.</summary>
public sealed class BinaryAnswer
{
    public bool PredictedLabel { get; set; }

    public float Score { get; set; }

    public float Probability { get; set; }
}
