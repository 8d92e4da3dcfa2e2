namespace MLNet.Dispersion.Tests.Tokens;

public sealed class WordTextTests
{
    [Theory]
    [InlineData("Ada, of London's U.S. office.", "Ada|,|of|London|'|s|U|.|S|.|office|.")]
    [InlineData("  a\tb\r\nc ", "a|b|c")]
    [InlineData("snake_case 3.5", "snake_case|3|.|5")]
    [InlineData("東京に住む", "東|京|に|住|む")]
    [InlineData("caf\u0065\u0301 ok", "caf\u0065\u0301|ok")]
    [InlineData("\u0301x", "\u0301|x")]
    [InlineData("a😀b", "a|😀|b")]
    [InlineData("", "")]
    public void Of_Signs_CutsWords(string text, string words)
    {
        WordText cut = WordText.Of(text);

        Assert.Equal(words.Length == 0 ? [] : words.Split('|'), cut.Words.Select(word => text[word.Start..word.End]));
        Assert.Equal(text, cut.Text);
    }

    [Fact]
    public void Of_Blanks_CutsAtWhiteSpaceAlone() =>
        Assert.Equal([new TextRange(1, 6), new TextRange(7, 9)], WordText.Of(" U.S., ok", WordCutting.Blanks).Words);

    [Fact]
    public void OfWords_JoinsByOneBlank()
    {
        WordText text = WordText.OfWords(["New", null, "York"]);

        Assert.Equal("New  York", text.Text);
        Assert.Equal(["New", "", "York"], text.Words.Select(word => text.Text[word.Start..word.End]));
    }

    [Theory]
    [InlineData(TaggingScheme.Iob2, "B-PER|I-PER|O|O|B-LOC|O")]
    [InlineData(TaggingScheme.Iobes, "B-PER|E-PER|O|O|S-LOC|O")]
    [InlineData(TaggingScheme.Bilou, "B-PER|L-PER|O|O|U-LOC|O")]
    public void Tag_Spans_ReadBackAsTheSameSpans(TaggingScheme scheme, string expected)
    {
        WordText text = WordText.Of("Ada Lovelace lived in London.");
        EntitySpan[] spans = [new("LOC", 22, 28), new("PER", 0, 12)];

        IReadOnlyList<string> tags = text.Tag(spans, scheme);

        Assert.Equal(expected.Split('|'), tags);
        Assert.Equal([new TaggedEntity("PER", 0, 1), new TaggedEntity("LOC", 4, 4)], EntityTags.ReadAny(tags));
        Assert.Equal(EntityTags.Read(tags, scheme), EntityTags.ReadAny(tags));
    }

    [Theory]
    [InlineData("PER", 0, 2, "do from 0 to 3, 'Ada'")]
    [InlineData("PER", 3, 12, "where words do")]
    [InlineData("PER", -1, 3, "does not lie in the text")]
    [InlineData("PER", 0, 99, "which has 29 characters")]
    [InlineData("PER", 3, 3, "does not lie in the text")]
    [InlineData(" ", 0, 3, "no label")]
    public void Tag_SpanThatDoesNotFit_IsRefused(string label, int start, int end, string message)
    {
        var error = Assert.Throws<ArgumentException>(() => WordText.Of("Ada Lovelace lived in London.").Tag([new EntitySpan(label, start, end)]));

        Assert.Contains(message.Replace("do from", "reach from", StringComparison.Ordinal), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tag_OverlapOrOtherScheme_IsRefused()
    {
        WordText text = WordText.Of("Ada Lovelace");

        Assert.Contains("overlaps", Assert.Throws<ArgumentException>(() => text.Tag([new("A", 0, 12), new("B", 4, 12)])).Message, StringComparison.Ordinal);
        Assert.Contains("Iob1", Assert.Throws<ArgumentException>(() => text.Tag([], TaggingScheme.Iob1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cut_AnyLength_CoversEveryTokenAndOverlaps()
    {
        for (int tokens = 0; tokens < 40; tokens++)
        {
            for (int room = 1; room < 12; room++)
            {
                int overlap = room / 4;
                IReadOnlyList<TextRange> windows = TextWindows.Cut(tokens, room, overlap);

                Assert.Equal((0, tokens), (windows[0].Start, windows[^1].End));
                Assert.All(windows, window => Assert.InRange(window.End - window.Start, tokens == 0 ? 0 : 1, room));
                Assert.All(windows.Zip(windows.Skip(1)), pair => Assert.Equal(overlap, pair.First.End - pair.Second.Start));
                for (int token = 0; token < tokens; token++)
                {
                    TextRange best = windows[TextWindows.Best(windows, token)];
                    Assert.Equal(windows.Max(window => Math.Min(token - window.Start, window.End - 1 - token)), Math.Min(token - best.Start, best.End - 1 - token));
                }
            }
        }
    }
}
