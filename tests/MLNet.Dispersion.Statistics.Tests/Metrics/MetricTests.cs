namespace MLNet.Dispersion.Tests.Metrics;

/// <summary>Metrics by hand, and what they refuse.</summary>
public sealed class MetricTests
{
    [Fact]
    public void EntityTags_LetterOfAnotherScheme_IsNamed() =>
        Assert.Contains("'U-PER' of word 1", Assert.Throws<ArgumentException>(() => EntityTags.Read(["O", "U-PER"], TaggingScheme.Iob2)).Message, StringComparison.Ordinal);

    [Fact]
    public void EntityTags_EmptyTag_IsNamed() =>
        Assert.Contains("Word 1 has no tag", Assert.Throws<ArgumentException>(() => EntityTags.Read(["O", ""])).Message, StringComparison.Ordinal);

    [Fact]
    public void EntityTags_TypeWithHyphens_IsKept() => Assert.Equal([new TaggedEntity("A-B", 0, 1)], EntityTags.Read(["B-A-B", "I-A-B"], TaggingScheme.Iob2));

    [Theory]
    [InlineData(TaggingScheme.Iob1, new[] { "I-X", "I-X", "B-X", "O" }, "X0-1 X2-2")]
    [InlineData(TaggingScheme.Iob2, new[] { "B-X", "I-X", "B-X", "I-Y" }, "X0-1 X2-2")]
    [InlineData(TaggingScheme.Ioe1, new[] { "I-X", "E-X", "I-X", "O" }, "X0-1 X2-2")]
    [InlineData(TaggingScheme.Ioe2, new[] { "I-X", "E-X", "E-X", "I-X" }, "X0-1 X2-2")]
    [InlineData(TaggingScheme.Iobes, new[] { "B-X", "E-X", "S-X", "B-X" }, "X0-1 X2-2")]
    [InlineData(TaggingScheme.Bilou, new[] { "B-X", "I-X", "L-X", "U-Y" }, "X0-2 Y3-3")]
    public void EntityTags_EachScheme_MarksBeginAndEnd(TaggingScheme scheme, string[] tags, string expected) =>
        Assert.Equal(expected, string.Join(' ', EntityTags.Read(tags, scheme).Select(entity => $"{entity.Type}{entity.First}-{entity.Last}")));

    [Fact]
    public void EntityMetrics_SentencesOfDifferentLength_AreNamed() =>
        Assert.Contains("Sentence 1 has 2 true tags and 1", Assert.Throws<ArgumentException>(() => EntityMetrics.Of([["O"], ["O", "O"]], [["O"], ["O"]], scheme: null)).Message, StringComparison.Ordinal);

    [Fact]
    public void CalibrationError_TwoRanges_WeighsEachByItsItems()
    {
        // 0.2 to 0.3: three items, 0.75 of them expected and one right; at the upper end: one, always right, said with 0.9.
        double error = MultiClassMetrics.CalibrationError([0.2, 0.25, 0.299, 0.9], [false, true, false, true]);
        Assert.Equal((Math.Abs(0.749 - 1) + 0.1) / 4, error, 12);
        Assert.Equal((0.749 + 0.9 - 2) / -4, MultiClassMetrics.CalibrationError([0.2, 0.25, 0.299, 0.9], [false, true, false, true], ranges: 1), 12);
        Assert.Equal(0, MultiClassMetrics.CalibrationError([1, 0], [true, false]));
    }

    [Fact]
    public void CalibrationError_NoProbability_IsNamed()
    {
        Assert.Contains("Item 1 has no probability", Assert.Throws<ArgumentOutOfRangeException>(() => MultiClassMetrics.CalibrationError([0.5, 1.5], [true, true])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => MultiClassMetrics.CalibrationError([double.NaN], [true]));
        Assert.Throws<ArgumentException>(() => MultiClassMetrics.CalibrationError([0.5], [true, true]));
        Assert.Throws<ArgumentException>(() => MultiClassMetrics.CalibrationError([], []));
    }

    [Fact]
    public void Ndcg_ExponentialGain_IsTheTextbooks()
    {
        double[] relevance = [3, 2, 3, 0, 1, 2], scores = [6, 5, 4, 3, 2, 1];
        double dcg = 7 + (3 / Math.Log2(3)) + (7 / 2.0) + (1 / Math.Log2(6)) + (3 / Math.Log2(7));
        double best = 7 + (7 / Math.Log2(3)) + (3 / 2.0) + (3 / Math.Log2(5)) + (1 / Math.Log2(6));
        Assert.Equal(dcg, RetrievalMetrics.Dcg(relevance, scores, RankingGain.Exponential), 12);
        Assert.Equal(dcg / best, RetrievalMetrics.Ndcg(relevance, scores, RankingGain.Exponential), 12);
    }

    [Fact]
    public void Ndcg_AllTied_DoesNotDependOnOrder() => Assert.Equal(
        RetrievalMetrics.Ndcg([1, 0, 2, 0], [1, 1, 1, 1], RankingGain.Exponential, 2),
        RetrievalMetrics.Ndcg([0, 2, 0, 1], [1, 1, 1, 1], RankingGain.Exponential, 2), 12);

    [Fact]
    public void RetrievalMetrics_NegativeRelevance_IsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => RetrievalMetrics.Ndcg([1, -1], [1, 2], RankingGain.Linear));

    [Fact]
    public void MultiClassMetrics_ClassOutside_IsNamed() =>
        Assert.Contains("Classes are 0 to 1", Assert.Throws<ArgumentOutOfRangeException>(() => MultiClassMetrics.Of([0, 2], [0, 1], 2)).Message, StringComparison.Ordinal);

    [Fact]
    public void LogLoss_ProbabilityZero_IsFinite() => Assert.Equal(-Math.Log(2.220446049250313E-16), MultiClassMetrics.LogLoss([1], [[1, 0]]), 9);

    [Fact]
    public void MultiLabelMetrics_RowOfOtherLength_IsNamed() =>
        Assert.Contains("Item 1 has 1 labels", Assert.Throws<ArgumentException>(() => MultiLabelMetrics.Of([[true, false], [true]], [[true, false], [true]])).Message, StringComparison.Ordinal);

    [Fact]
    public void RocAuc_RandomScores_IsTheShareOfPairs()
    {
        var random = new Random(7);
        bool[] truth = [.. Enumerable.Range(0, 60).Select(_ => random.Next(3) == 0)];
        double[] scores = [.. truth.Select(_ => (double)random.Next(8))];
        double pairs = 0, ahead = 0;
        for (int i = 0; i < truth.Length; i++)
        {
            for (int j = 0; j < truth.Length; j++)
            {
                if (truth[i] && !truth[j])
                {
                    pairs++;
                    ahead += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
                }
            }
        }

        Assert.Equal(ahead / pairs, MultiLabelMetrics.RocAuc(truth, scores), 12);
    }

    [Fact]
    public void AnswerText_FinalSigma_IsLoweredAsUnicodeSays()
    {
        Assert.Equal("οδός", AnswerText.Normalize("ΟΔΌΣ"));
        Assert.Equal("σ", AnswerText.Normalize("Σ"));
    }

    [Fact]
    public void AnswerText_NoAnswerByVersion1_IsRefused() => Assert.Throws<ArgumentException>(() => AnswerText.F1("", [], AnswerRules.Squad1));

    [Fact]
    public void QuestionAnsweringMetrics_NoAnswerThreshold_SilencesPredictions()
    {
        AnsweredQuestion[] questions =
        [
            new() { Prediction = "Paris", Answers = ["Paris"], NoAnswerProbability = 0.2 },
            new() { Prediction = "Rome", Answers = [], NoAnswerProbability = 0.9 },
        ];
        Assert.Equal(0.5, QuestionAnsweringMetrics.Of(questions).All.Exact);
        Assert.Equal(1, QuestionAnsweringMetrics.Of(questions, noAnswerThreshold: 0.5).All.Exact);
        Assert.Equal((0.2, 1.0), QuestionAnsweringMetrics.BestExactThreshold(questions));
    }

    [Fact]
    public void CorrelationMetrics_ConstantThatDoesNotAverageExactly_IsNaN() => Assert.Equal(double.NaN, CorrelationMetrics.Of([0.1, 0.1, 0.1], [1, 2, 4]).Pearson);

    [Fact]
    public void CorrelationMetrics_NaN_IsNamed() =>
        Assert.Contains("Item 1 is NaN", Assert.Throws<ArgumentException>(() => CorrelationMetrics.Of([1, double.NaN, 2], [1, 2, 3])).Message, StringComparison.Ordinal);
}
