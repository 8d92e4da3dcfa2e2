namespace MLNet.Dispersion.Tests.Evaluation;

public sealed class LikelihoodScorerTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Score_AnyBatching_EqualsOneByOne(bool rotary)
    {
        using var model = rotary ? TinyLlama.Create() : PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        ScoredSequence[] sequences = Sequences(model);
        (double LogLikelihood, bool IsGreedy)[] expected = [.. sequences.Select(s => NaiveLikelihood.Of(model, s.Ids, s.Start))];
        Assert.Contains(expected, score => score.IsGreedy);
        foreach ((int batch, int tokens) in new[] { (1, 8192), (3, 8192), (64, 8192), (64, 50) })
        {
            var scorer = new LikelihoodScorer(model.Backbone, batch, tokens, default);
            SequenceScore[] scores = scorer.Score(sequences);
            for (int i = 0; i < sequences.Length; i++)
            {
                Assert.Equal(expected[i].LogLikelihood, scores[i].LogLikelihood, 1e-4);
                Assert.Equal(expected[i].IsGreedy, scores[i].IsGreedy);
            }

            Assert.True(scorer.Rows < sequences.Length);
        }
    }

    [Fact]
    public void Find_EqualAndBeginningInputs_ShareTheLongestRow()
    {
        ScoredSequence[] sequences =
        [
            new([1, 2, 3, 9], 3), new([1, 2, 3, 8], 3), new([1, 2, 3, 4, 5], 3), new([1, 2, 4, 5], 3), new([1, 2, 3, 4, 6, 7], 3), new([2, 3], 1), new([1, 7], 1),
        ];
        int[] rows = SharedRows.Find(sequences);
        Assert.Equal([4, 4, 4, 3], rows[..4]);
        Assert.Equal(4, rows[4]);
        Assert.Equal(5, rows[5]);
        Assert.Equal(4, rows[6]);
    }

    [Fact]
    public void Score_NonFiniteLogits_Throws()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        using (TorchSharp.torch.no_grad())
        {
            model.Backbone.parameters().First().fill_(double.NaN);
        }

        var error = Assert.Throws<InvalidOperationException>(() => new LikelihoodScorer(model.Backbone, 4, 100, default).Score([new([1, 2], 1)]));
        Assert.Contains("NaN", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Score_ManyPasses_LeaveNoTensorBehind()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        ScoredSequence[] sequences = [.. Enumerable.Range(0, 40).Select(i => new ScoredSequence([.. Enumerable.Range(i, 12)], 4))];
        var scorer = new LikelihoodScorer(model.Backbone, 2, 100, default);
        scorer.Score(sequences);
        long before = TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        scorer.Score(sequences);
        Assert.Equal(before, TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    /// <summary>Continuations of one and of several tokens, most likely ones and others, after contexts of all lengths.</summary>
    private static ScoredSequence[] Sequences(PretrainedLanguageModel model)
    {
        int[] text = [.. model.Tokenizer.Encode("Once upon a time there was a little dog who liked to play with his friends in the park.").Ids.Take(40)];
        var sequences = new List<ScoredSequence>();
        for (int length = 1; length < text.Length; length += 4)
        {
            sequences.Add(new(text[..(length + 1)], length));
            sequences.Add(new([.. text[..length], 7], length));
            sequences.Add(new([.. text[..length], 7, 9, 11, 50], length));
            sequences.Add(new(text, length));
            sequences.Add(new([.. text[..length], Best(model, text[..length])], length));
        }

        return [.. sequences];
    }

    private static int Best(PretrainedLanguageModel model, int[] context) =>
        Enumerable.Range(0, model.Backbone.Info.VocabularySize).First(id => NaiveLikelihood.Of(model, [.. context, id], context.Length).IsGreedy);
}
