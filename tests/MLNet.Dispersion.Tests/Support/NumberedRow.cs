namespace MLNet.Dispersion.Tests.Support;

/// <summary>Two texts with a number: how often <c>refund</c> occurs in the first.</summary>
public sealed class NumberedRow
{
    public string? Text { get; set; } = "";

    public string? Other { get; set; } = "";

    public float Label { get; set; }

    internal static List<NumberedRow> Rows(int count, int seed)
    {
        var random = new Random(seed);
        string[] filler = ["please", "the", "my", "is", "again"];
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            double share = random.NextDouble();
            bool[] hits = [.. Enumerable.Range(0, 6).Select(_ => random.NextDouble() < share)];
            return new NumberedRow
            {
                Text = string.Join(' ', hits.Select(hit => hit ? "refund" : filler[random.Next(filler.Length)])),
                Other = filler[random.Next(filler.Length)],
                Label = hits.Count(hit => hit),
            };
        })];
    }
}

/// <summary>What a regression adds.</summary>
public sealed class NumberedScore
{
    public float Score { get; set; }
}
