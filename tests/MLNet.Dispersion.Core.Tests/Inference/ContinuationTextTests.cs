using MLNet.Dispersion.Tests.Tokenization;

namespace MLNet.Dispersion.Tests.Inference;

public sealed class ContinuationTextTests
{
    private static readonly ByteLevelBpeTokenizer Tokenizer = SmallBpe.Load();

    [Theory]
    [InlineData("the thing", " is ok")]
    [InlineData("", "née 👍🏽 the end")]
    [InlineData("é", "👍")]
    [InlineData("a", "b\uFFFD c")]
    public void Add_TokenByToken_GivesTheWholeTextInPieces(string prompt, string continuation)
    {
        int[] before = Tokenizer.Encode(prompt).Ids;
        var text = new ContinuationText(Tokenizer, before, []);
        string[] pieces = [.. Tokenizer.Encode(continuation).Ids.Select(text.Add), text.Finish()];
        Assert.Equal(continuation, string.Concat(pieces));
        Assert.Equal(continuation, text.Text);
        Assert.False(text.Stopped);
    }

    [Fact]
    public void Add_CharacterOfFourTokens_ComesWhole()
    {
        int[] bytes = Tokenizer.Encode("👍").Ids;
        Assert.True(bytes.Length > 1);
        var text = new ContinuationText(Tokenizer, Tokenizer.Encode("a").Ids, []);
        Assert.All(bytes[..^1], id => Assert.Equal("", text.Add(id)));
        Assert.Equal("👍", text.Add(bytes[^1]));
    }

    [Fact]
    public void Finish_CharacterCutOff_IsAReplacement()
    {
        var text = new ContinuationText(Tokenizer, Tokenizer.Encode("a").Ids, []);
        foreach (int id in Tokenizer.Encode("b👍").Ids[..^1])
        {
            text.Add(id);
        }

        text.Finish();
        Assert.Equal("b\uFFFD", text.Text);
    }

    [Fact]
    public void Add_PromptThatEndsInsideACharacter_GivesThatCharacter()
    {
        int[] ids = Tokenizer.Encode("x👍y").Ids;
        var text = new ContinuationText(Tokenizer, ids[..2], []);
        Assert.Equal("👍y", string.Concat(ids[2..].Select(text.Add)));
    }

    [Theory]
    [InlineData("one two. three", "wo. t", "one t")]
    [InlineData("one two. three", "one", "")]
    [InlineData("one two. three", "e", "on")]
    [InlineData("one aab. three", "ab.", "one a")]
    [InlineData("one\n\ntwo", "\n\n", "one")]
    [InlineData("abc\uD83D\uDC4D!d", "👍!", "abc")]
    public void Add_StopSequence_EndsTheTextBeforeItAndNeverGivesItsBeginningOut(string continuation, string stop, string expected)
    {
        var text = new ContinuationText(Tokenizer, Tokenizer.Encode("x").Ids, ["never here", stop]);
        string given = "";
        foreach (int id in Tokenizer.Encode(continuation).Ids)
        {
            given += text.Add(id);
            Assert.StartsWith(given, expected, StringComparison.Ordinal);
            if (text.Stopped)
            {
                break;
            }
        }

        Assert.True(text.Stopped);
        Assert.Equal(expected, given + text.Finish());
        Assert.Equal(expected, text.Text);
    }

    [Fact]
    public void Add_SeveralStopSequencesInOneToken_EndsBeforeTheFirst()
    {
        int the = Tokenizer.Encode(" the").Ids.Single();
        var text = new ContinuationText(Tokenizer, Tokenizer.Encode("x").Ids, ["e", "h", "he"]);
        text.Add(the);
        Assert.Equal(" t", text.Text);
    }

    [Fact]
    public void Finish_BeginningOfAStopSequenceHeldBack_GivesIt()
    {
        var text = new ContinuationText(Tokenizer, Tokenizer.Encode("x").Ids, ["END"]);
        string given = string.Concat(Tokenizer.Encode("the EN").Ids.Select(text.Add));
        Assert.Equal("the ", given);
        Assert.Equal("EN", text.Finish());
    }
}
