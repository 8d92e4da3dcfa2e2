using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Evaluation;

public sealed class SharedPrefixesTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Score_ChoicesBehindLongQuestions_EqualsOneByOneAndReadsQuestionsOnce(bool rotary)
    {
        using var model = rotary ? TinyLlama.Create() : PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        ScoredSequence[] sequences = Sequences(model.Backbone.Info.VocabularySize);
        (double LogLikelihood, bool IsGreedy)[] expected = [.. sequences.Select(s => NaiveLikelihood.Of(model, s.Ids, s.Start))];
        foreach ((int batch, int tokens) in new[] { (64, 8192), (5, 8192), (64, 300), (1, 8192) })
        {
            var scorer = new LikelihoodScorer(model.Backbone, batch, tokens, default);
            var done = new List<int>();
            SequenceScore[] scores = scorer.Score(sequences, done.Add);
            for (int i = 0; i < sequences.Length; i++)
            {
                Assert.Equal(expected[i].LogLikelihood, scores[i].LogLikelihood, 1e-4);
                Assert.Equal(expected[i].IsGreedy, scores[i].IsGreedy);
            }

            Assert.Equal(sequences.Length, done[^1]);
            long whole = sequences.Sum(s => (long)s.Input.Length);
            Assert.True(batch == 1 ? scorer.Tokens == whole : scorer.Tokens < whole * 0.6, $"{scorer.Tokens} of {whole} tokens were read");
        }
    }

    [Fact]
    public void Score_ManyPasses_LeaveNoTensorBehind()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        ScoredSequence[] sequences = Sequences(200);
        var scorer = new LikelihoodScorer(model.Backbone, 8, 300, default);
        scorer.Score(sequences);
        long before = TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        scorer.Score(sequences);
        Assert.Equal(before, TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Score_BackboneWithoutACache_ReadsRowsWhole()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        using var backbone = new Uncached(model.Backbone);
        ScoredSequence[] sequences = Sequences(200);
        var scorer = new LikelihoodScorer(backbone, 8, 300, default);
        SequenceScore[] scores = scorer.Score(sequences);
        Assert.Equal(sequences.Sum(s => (long)s.Input.Length), scorer.Tokens);
        Assert.All(sequences.Zip(scores), pair => Assert.Equal(NaiveLikelihood.Of(model, pair.First.Ids, pair.First.Start).LogLikelihood, pair.Second.LogLikelihood, 1e-4));
    }

    [Fact]
    public void Find_RowsInAnyOrder_GroupsThoseThatBeginAlike()
    {
        int[] a = [.. Enumerable.Range(0, 20)];
        int[] b = [.. Enumerable.Range(50, 30)];
        int[][] rows = [[.. a, 1, 2], [.. b, 1], [.. a, 7], [9, 9], [.. a, 1, 3], [.. b, 2]];
        int[] limits = [19, 25, 20, 1, 18, 30];
        var groups = SharedPrefixes.Find([.. rows.Select((row, i) => ((ReadOnlyMemory<int>)row, limits[i]))], 1000, 8);
        Assert.Equal(["0,2,4:18", "1,5:25", "3:0"], groups.Select(Describe).Order());

        // Five tokens in common save nothing worth a pass; neither do more rows than fit.
        Assert.All(SharedPrefixes.Find([.. rows.Select(row => ((ReadOnlyMemory<int>)row, 5))], 1000, 8), group => Assert.Single(group.Rows));
        Assert.All(SharedPrefixes.Find([.. rows.Select((row, i) => ((ReadOnlyMemory<int>)row, limits[i]))], 40, 8), group => Assert.Single(group.Rows));
        Assert.Equal([1, 1, 2, 2], SharedPrefixes.Find([.. rows.Select((row, i) => ((ReadOnlyMemory<int>)row, limits[i]))], 1000, 2).Select(group => group.Rows.Length).Order());
    }

    [Fact]
    public void Find_OneRowMoreWouldShareLess_StartsAnotherGroup()
    {
        int[] common = [.. Enumerable.Range(0, 20)];
        int[][] rows = [[.. common, .. Enumerable.Repeat(40, 60), 1], [.. common, .. Enumerable.Repeat(40, 60), 2], [.. common, .. Enumerable.Repeat(41, 60), 1], [.. common, .. Enumerable.Repeat(41, 60), 2]];
        var groups = SharedPrefixes.Find([.. rows.Select(row => ((ReadOnlyMemory<int>)row, 80))], 1000, 8);
        Assert.Equal(["0,1:80", "2,3:80"], groups.Select(Describe));
    }

    private static string Describe(PrefixGroup group) => $"{string.Join(',', group.Rows.Order())}:{group.Prefix}";

    /// <summary>Questions of 20 to 32 tokens with four choices of one to four tokens.</summary>
    private static ScoredSequence[] Sequences(int vocabulary)
    {
        var random = new Random(4);
        int[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(vocabulary))];
        return [.. Enumerable.Range(0, 6).SelectMany(item =>
        {
            int[] question = Draw(20 + (2 * item));
            return Enumerable.Range(0, 4).Select(choice => new ScoredSequence([.. question, .. Draw(choice + 2)], question.Length));
        })];
    }

    /// <summary>A backbone of a user's own, which reads sequences whole.</summary>
    private sealed class Uncached : CausalLMBackbone
    {
        private readonly LanguageBackbone _inner;

        public Uncached(LanguageBackbone inner)
            : base(inner.Info)
        {
            _inner = inner;
            RegisterComponents();
            eval();
        }

        public override BackboneOutput Forward(Tensor inputIds, Tensor? attentionMask, HiddenStateSelection hiddenStates) => _inner.Forward(inputIds, attentionMask, hiddenStates);

        public override Tensor Logits(Tensor lastHiddenState) => _inner.Logits(lastHiddenState);
    }
}
