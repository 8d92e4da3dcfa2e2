using System.Text;

namespace MLNet.Dispersion.Tests.Evaluation;

public sealed class WordPerplexityTests
{
    private static readonly string[] Texts = [.. TinyBackbone.LabelledTexts(60, seed: 4).Texts.Chunk(12).Select(texts => string.Join(" \n", texts)), string.Empty, "  one  two\tthree "];

    [Theory]
    [InlineData(null, null)]
    [InlineData(20, null)]
    [InlineData(20, 7)]
    [InlineData(5, 1)]
    public void Measure_Windows_EqualTokenByToken(int? window, int? stride)
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        WordPerplexityResult result = WordPerplexity.Measure(model, Texts, new WordPerplexityOptions { WindowTokens = window, StrideTokens = stride, BatchSize = 3 });

        int w = window ?? TinyBackbone.ContextLength;
        double[] losses = [.. Texts.Where(text => text.Length > 0).Select(text => -Naive(model, text, w, stride ?? w))];
        double[] words = [.. Texts.Where(text => text.Length > 0).Select(text => (double)text.Split([' ', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries).Length)];
        double rate = losses.Sum() / words.Sum();
        double n = losses.Length;
        double error = Math.Sqrt(losses.Zip(words, (loss, word) => Math.Pow(loss - (rate * word), 2)).Sum() / (n - 1) / n) / words.Average();
        Assert.Equal(1, result.WordPerplexity / Math.Exp(rate), 1e-4);
        Assert.Equal(1, result.Scores[0].StandardError / (Math.Exp(rate) * error), 1e-4);
        Assert.Equal(-losses.Sum(), result.LogLikelihood, 1e-3);
        Assert.Equal(words.Sum(), result.Words);
        Assert.Equal(Texts.Sum(text => model.Tokenizer.Encode(text).Ids.Length), result.Tokens);
        Assert.Equal(Texts.Sum(Encoding.UTF8.GetByteCount), result.Bytes);
        Assert.Equal(1, result.TokenPerplexity / Math.Exp(losses.Sum() / result.Tokens), 1e-4);
        Assert.Equal(losses.Sum() / Math.Log(2) / result.Bytes, result.BitsPerByte, 1e-5);
    }

    [Fact]
    public void Measure_TokenizerThatBeginsTexts_DoesNotScoreTheBeginning()
    {
        using var model = TinyLlama.Create();
        const string Text = "Once upon a time there was a little girl. She was happy.";
        int[] ids = model.Tokenizer.Encode(Text).Ids;
        Assert.Equal(model.Tokenizer.BosTokenId, ids[0]);

        WordPerplexityResult result = WordPerplexity.Measure(model, [Text]);

        Assert.Equal(ids.Length - 1, result.Tokens);
        Assert.Equal(NaiveLikelihood.Of(model, ids, 1).LogLikelihood, result.LogLikelihood, 1e-4);
        Assert.Equal(12, result.Words);
        Assert.True(double.IsNaN(result.Scores[0].StandardError));
    }

    [Fact]
    public void Measure_BlankLines_AddNeitherLossNorWords()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        WordPerplexityResult expected = WordPerplexity.Measure(model, ["hello world"]);

        WordPerplexityResult result = WordPerplexity.Measure(model, ["hello world", " \n", null, "\t", string.Empty]);

        Assert.Equal(expected.WordPerplexity, result.WordPerplexity);
        Assert.Equal((expected.Texts, expected.Words, expected.Tokens, expected.Bytes), (result.Texts, result.Words, result.Tokens, result.Bytes));
    }

    [Fact]
    public void Measure_CountedTexts_DividesByTheirCounts()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        WordPerplexityResult plain = WordPerplexity.Measure(model, ["hello world"]);

        WordPerplexityResult counted = WordPerplexity.Measure(model, [new CountedText { Text = "hello world", Words = 4, Bytes = 20 }, new CountedText { Text = " \n", Words = 2, Bytes = 2 }]);

        Assert.Equal(Math.Exp(-plain.LogLikelihood / 4), counted.WordPerplexity, 1e-6);
        Assert.Equal(-plain.LogLikelihood / Math.Log(2) / 20, counted.BitsPerByte, 1e-9);
        Assert.Equal((4, 20), (counted.Words, counted.Bytes));
        Assert.Contains("-1 words", Assert.Throws<ArgumentException>(() => WordPerplexity.Measure(model, [new CountedText { Text = "a", Words = -1, Bytes = 1 }])).Message, StringComparison.Ordinal);
        Assert.Contains("no word", Assert.Throws<ArgumentException>(() => WordPerplexity.Measure(model, [new CountedText { Text = "a", Words = 0, Bytes = 1 }])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Measure_NothingToMeasure_Throws()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        Assert.Contains("no word", Assert.Throws<ArgumentException>(() => WordPerplexity.Measure(model, [])).Message, StringComparison.Ordinal);
        Assert.Contains("no word", Assert.Throws<ArgumentException>(() => WordPerplexity.Measure(model, [null, " \n"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Measure_OptionsOutOfRange_NameValueAndLimit()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        AssertThrows(new() { WindowTokens = 49 }, "WindowTokens is 49; it must be at most 48");
        AssertThrows(new() { WindowTokens = 0 }, "WindowTokens is 0; it must be at least 1");
        AssertThrows(new() { WindowTokens = 10, StrideTokens = 11 }, "StrideTokens is 11; it must be at most 10");
        AssertThrows(new() { StrideTokens = 0 }, "StrideTokens is 0");
        AssertThrows(new() { BatchSize = 0 }, "BatchSize is 0");
        AssertThrows(new() { MaxBatchTokens = 0 }, "MaxBatchTokens is 0");

        void AssertThrows(WordPerplexityOptions options, string words) =>
            Assert.Contains(words, Assert.Throws<ArgumentOutOfRangeException>(() => WordPerplexity.Measure(model, ["a b"], options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Measure_Cancelled_Stops()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        Assert.Throws<OperationCanceledException>(() => WordPerplexity.Measure(model, ["a b"], new WordPerplexityOptions { CancellationToken = new CancellationToken(true) }));
    }

    /// <summary>Token by token: each after what its window holds before it.</summary>
    private static double Naive(PretrainedLanguageModel model, string text, int window, int stride)
    {
        int[] ids = [model.Tokenizer.EosTokenId!.Value, .. model.Tokenizer.Encode(text).Ids];
        double sum = 0;
        int last = 0;
        for (int at = 1; at < ids.Length; at++)
        {
            if (at > last)
            {
                last = Math.Min(ids.Length - 1, last == 0 ? window : last + stride);
            }

            int begin = Math.Max(0, last - window);
            sum += NaiveLikelihood.Of(model, ids[begin..(at + 1)], at - begin).LogLikelihood;
        }

        return sum;
    }
}
