using Microsoft.ML.Data;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.MultiLabel;

/// <summary>Two texts with two labels: whether <c>refund</c> occurs often in the first, and never.</summary>
public sealed class MultiLabelRow
{
    public string? Text { get; set; } = "";

    public string? Other { get; set; } = "";

    [VectorType(2)]
    public bool[] Label { get; set; } = [];

    internal static List<MultiLabelRow> Rows(int count, int seed) =>
        [.. NumberedRow.Rows(count, seed).Select(row => new MultiLabelRow { Text = row.Text, Other = row.Other, Label = [row.Label >= 3, row.Label < 1] })];
}

/// <summary>The same with numbers.</summary>
public sealed class NumberedLabelsRow
{
    public string? Text { get; set; } = "";

    [VectorType(2)]
    public float[] Label { get; set; } = [];
}

/// <summary>What a multi-label classifier adds.</summary>
public sealed class MultiLabelAnswer
{
    public bool[] PredictedLabel { get; set; } = [];

    public float[] Score { get; set; } = [];
}
