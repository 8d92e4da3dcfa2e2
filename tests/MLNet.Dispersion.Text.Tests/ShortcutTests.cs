using System.Diagnostics;

namespace MLNet.Dispersion.Tests.Tokenization;

/// <summary>Short ways give what the whole way gives, and hostile texts take no more than sensible time.</summary>
public sealed class ShortcutTests
{
    private static readonly string[] Atoms = ["a", "the", " ", "1", "9", "!", "'s", "\n", "é", "中", "𝒳", "𝟘", "😀", "\u00a0", ".", "  ", "\u0301", "²", "\t", "\u200d", "<|endoftext|>", "ing", "12", "\r\n", "\u0085"];

    [Fact]
    public void Encode_RandomTexts_IsTheSameWithAndWithoutShortcuts()
    {
        PipelineTokenizer tokenizer = SmallBpe.Load();
        TokenPipeline quick = tokenizer.Pipeline;
        var slow = new TokenPipeline(quick.Model, quick.Normalizer, quick.Cutter, quick.Processor, quick.Decoder, quick.Added) { TakesShortcuts = false };
        var random = new Random(17);
        for (int i = 0; i < 10_000; i++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => Atoms[random.Next(Atoms.Length)]));
            List<TokenEntry> expected = slow.Encode(text, 0, specialsAsText: false);
            Assert.Equal(expected, quick.Encode(text, 0, specialsAsText: false));
            Assert.Equal(expected.Select(t => t.Id), quick.EncodeIds(text, int.MaxValue, specialsAsText: false));
        }
    }

    [Theory]
    [InlineData('a')]
    [InlineData(' ')]
    [InlineData('\n')]
    [InlineData('\u0301')]
    public void Encode_OneCharacterManyTimes_TakesNoQuadraticTime(char character)
    {
        string text = new(character, 200_000);
        PipelineTokenizer[] tokenizers = [SmallBpe.Load(), (PipelineTokenizer)TextTokenizer.Load(SmallSentencePiece.Files("tokenizer.json"))];
        var watch = Stopwatch.StartNew();

        Assert.All(tokenizers, tokenizer => Assert.NotEmpty(tokenizer.Encode(text).Ids));
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 60);
    }

    [Fact]
    public void Find_PatternOfManyWays_IsStopped()
    {
        var matches = new List<(int Start, int End)>();
        string text = new('a', 2000);

        Assert.Throws<TextPatternException>(() => TextPattern.Parse("(a|a)*(a|a)*(a|a)*b").Find(text, 0, text.Length, matches));
    }
}
