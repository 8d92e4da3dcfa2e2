namespace MLNet.Dispersion.Tests.Evaluation;

public sealed class WikiTextTests
{
    [Theory]
    [InlineData("a 1 @,@ 000 @.@ 5 well @-@ known one", "a 1,000.5 well-known one")]
    [InlineData("He said : \" Yes , ( of course ) \" ; she 's in .", "He said: \"Yes, (of course)\"; she's in .")]
    [InlineData(" = = = Life [ 1 ] { x } = = = \n the boys ' house at 5 ° C", " === Life [1] {x} ===\nthe boys' house at 5°C")]
    [InlineData("N of N and N days", "N of 1 and 1 days")]
    [InlineData("", "")]
    public void Detokenize_Marks_WritesAsPeopleDo(string page, string expected) => Assert.Equal(expected, WikiText.Detokenize(page));

    [Fact]
    public void Count_Page_IsOfTheOriginal()
    {
        CountedText text = WikiText.Count(" = Ä = \n A well @-@ known page . \n");

        Assert.Equal(" = Ä =\nA well-known page.\n", text.Text);

        // Ten words between blanks, and an empty one before the first blank and after the last.
        Assert.Equal(11, text.Words);
        Assert.Equal(35, text.Bytes);
    }

    [Fact]
    public void Pages_Lines_BeginAtHeadingsOfTheFirstLevel() => Assert.Equal(
        [" before \n", " = One = \n \n text = more \n = = Part = = \n", " = Two = \n"],
        WikiText.Pages([" before ", " = One = ", " ", " text = more ", " = = Part = = ", " = Two = "]));
}
