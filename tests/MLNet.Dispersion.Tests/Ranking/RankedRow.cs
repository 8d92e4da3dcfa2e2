namespace MLNet.Dispersion.Tests.Ranking;

/// <summary>A query, a document and how relevant it is: documents with more words of the query's class are.</summary>
public sealed class RankedRow
{
    public string? Query { get; set; } = "";

    public string? Document { get; set; } = "";

    public float Label { get; set; }

    public string GroupId { get; set; } = "";

    public int Number { get; set; }

    public float Weight { get; set; } = 1;

    /// <summary>Three documents a query.</summary>
    internal static List<RankedRow> Rows(int queries, int seed)
    {
        var random = new Random(seed);
        string[] filler = ["please", "the", "my", "is", "again", "today"];
        string Word() => filler[random.Next(filler.Length)];
        return [.. Enumerable.Range(0, queries).SelectMany(query => new[] { $"refund {Word()} refund", $"{Word()} refund {Word()}", $"{Word()} {Word()} {Word()}" }
            .Select((text, place) => new RankedRow { Query = "money", Document = text, Label = 2 - place, GroupId = $"q{query}", Number = query }))];
    }
}

/// <summary>What a ranking adds.</summary>
public sealed class RankedScore
{
    public float Score { get; set; }
}
