namespace MLNet.Dispersion.Tests.Training;

public sealed class TextRankerTests
{
    [Theory]
    [InlineData(RankingLoss.ListNet)]
    [InlineData(RankingLoss.RankNet)]
    [InlineData(RankingLoss.LambdaRank)]
    public void Train_EachLoss_OrdersDocuments(RankingLoss loss)
    {
        Ranked rows = Rows(16, seed: 1);
        FineTuneOptions options = TextClassifierTests.Options();
        (options.Epochs, options.ValidationFraction, options.MicroBatchSize) = (12, 0, 4);
        using var ranker = TextRanker.Train(TinyBackbone.Backbone, rows.Queries, rows.Documents, rows.Relevance, rows.Groups, options, loss);

        Ranked test = Rows(12, seed: 2);
        float[] scores = ranker.Score(test.Documents.Select((_, row) => test.Queries[row]).ToArray(), test.Documents).Values;
        double ndcg = Enumerable.Range(0, 12).Average(query => RetrievalMetrics.Ndcg(
            [.. test.Relevance.Skip(query * 3).Take(3).Select(value => (double)value)], [.. scores.Skip(query * 3).Take(3).Select(score => (double)score)], RankingGain.Exponential));
        Assert.True(ndcg > 0.85, $"NDCG is {ndcg}");

        string folder = Directory.CreateTempSubdirectory("mlnet-dispersion-rank-").FullName;
        try
        {
            ranker.Save(new DirectorySink(folder));
            using var loaded = TextRanker.Load(new DirectorySource(folder), "cpu");
            Assert.Equal(scores, loaded.Score(test.Queries, test.Documents).Values);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Train_RowsOfAGroupAnywhere_GiveTheSameModel()
    {
        Ranked rows = Rows(4, seed: 1);
        int[] order = [.. Enumerable.Range(0, 12).OrderBy(row => row % 3)];
        using var one = Train(rows);
        using var other = Train(new Ranked([.. order.Select(row => rows.Queries[row])], [.. order.Select(row => rows.Documents[row])], [.. order.Select(row => rows.Relevance[row])], [.. order.Select(row => rows.Groups[row])]));

        Assert.Equal(one.Score(rows.Queries, rows.Documents).Values, other.Score(rows.Queries, rows.Documents).Values);
    }

    [Fact]
    public void Train_BadRows_AreRefusedByName()
    {
        Assert.Contains("Row 2 is the only one of group 'b'", Error([1, 0, 1], ["a", "a", "b"]), StringComparison.Ordinal);
        Assert.Contains("same relevance", Error([1, 1, 1], ["a", "a", "a"]), StringComparison.Ordinal);
        Assert.Contains("Row 1 has relevance -1", Error([1, -1, 1], ["a", "a", "a"]), StringComparison.Ordinal);
        Assert.Contains("2 relevances", Error([1, 0], ["a", "a", "a"]), StringComparison.Ordinal);
        Assert.Contains("weight 0", Assert.ThrowsAny<ArgumentException>(() => TextRanker.Train(TinyBackbone.Backbone, ["q", "q"], ["d", "e"], [1, 0], ["a", "a"], TextClassifierTests.Options(), exampleWeights: [0, 0])).Message, StringComparison.Ordinal);

        static string Error(float[] relevance, string[] groups) => Assert.ThrowsAny<ArgumentException>(() => Train(new Ranked(["q", "q", "q"], ["d", "e", "f"], relevance, groups)).Dispose()).Message;
    }

    private static TextRanker Train(Ranked rows)
    {
        FineTuneOptions options = TextClassifierTests.Options();
        (options.Epochs, options.ValidationFraction) = (1, 0);
        return TextRanker.Train(TinyBackbone.Backbone, rows.Queries, rows.Documents, rows.Relevance, rows.Groups, options);
    }

    /// <summary>Queries that ask for the most refunds: three documents each, with two words of it, one and none.</summary>
    private static Ranked Rows(int queries, int seed)
    {
        var random = new Random(seed);
        string[] filler = ["please", "the", "my", "is", "again", "today"];
        string Word() => filler[random.Next(filler.Length)];
        string[] documents = [.. Enumerable.Range(0, queries).SelectMany(_ => new[] { $"refund {Word()} refund", $"{Word()} refund {Word()}", $"{Word()} {Word()} {Word()}" })];
        return new Ranked([.. documents.Select(_ => "money")], documents, [.. documents.Select((_, row) => 2f - (row % 3))], [.. documents.Select((_, row) => $"{row / 3}")]);
    }

    private sealed record Ranked(string[] Queries, string[] Documents, float[] Relevance, string[] Groups);
}
