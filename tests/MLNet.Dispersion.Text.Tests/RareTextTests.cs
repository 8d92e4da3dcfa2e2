namespace MLNet.Dispersion.Tests.Tokenization;

/// <summary>What millions of random texts showed to be otherwise in Hugging Face's library, each by itself.</summary>
public sealed class RareTextTests
{
    [Fact]
    public void Grapheme_BeginsWithinOne_EndsWhereThatOfTheWholeTextDoes()
    {
        // A woman, a joiner, a girl, a line break: "^." takes the woman, and what is left of the family is no family by itself.
        const string Text = "\U0001f469\u200d\U0001f467\n!";
        var pieces = new List<AlignedText>();
        new PatternCutter(TextPattern.Parse("^.|\\X$"), CutBehavior.Isolated, invert: false).Cut(new AlignedText(Text), pieces);

        Assert.Equal(["\U0001f469", "\u200d\U0001f467", "\n", "!"], pieces.Select(piece => piece.ToString()));
    }

    [Theory]
    [InlineData("!\u0589\u058a", 2)] // a full stop that is Armenian only since Unicode 14
    [InlineData("!\u061c\u0620", 2)] // a mark that is Arabic only since Unicode 10
    [InlineData("\u0905\u0953\u0954", 3)] // accents that are of no script since Unicode 10
    public void Scripts_ThatHaveChanged_AreThoseOfUnicode9(string text, int first)
    {
        var pieces = new List<AlignedText>();
        new ScriptCutter().Cut(new AlignedText(text), pieces);

        Assert.Equal(first, pieces[0].Length);
    }
}
