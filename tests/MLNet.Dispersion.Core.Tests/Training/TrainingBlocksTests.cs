namespace MLNet.Dispersion.Tests.Training;

public sealed class TrainingBlocksTests
{
    private static readonly string?[] Texts = ["please refund my payment", null, "the", " ", "error again today it was broken"];

    [Fact]
    public void Packed_Texts_AreOneStreamCutIntoBlocks()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        int end = model.Tokenizer.EosTokenId!.Value;
        int[] stream = [.. new[] { 0, 2, 4 }.SelectMany(text => model.Tokenizer.Encode(Texts[text]).Ids.Append(end))];
        var blocks = TrainingBlocks.Packed(model, Texts, 5);
        Assert.Equal(stream, blocks.SelectMany(block => block).Concat(stream.Skip(blocks.Sum(block => block.Length))));
        Assert.All(blocks.SkipLast(1), block => Assert.Equal(5, block.Length));
        Assert.InRange(stream.Length - blocks.Sum(block => block.Length), 0, 1);
        Assert.Equal(stream, TrainingBlocks.Packed(model, Texts).Single());
        Assert.Empty(TrainingBlocks.Packed(model, [null, " "]));
    }

    [Fact]
    public void OnePerText_Texts_AreBegunClosedAndCutOff()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        int end = model.Tokenizer.EosTokenId!.Value;
        int[][] expected = [.. new[] { 0, 2, 4 }.Select(text => (int[])[end, .. model.Tokenizer.Encode(Texts[text]).Ids, end])];
        TextBlocks whole = TrainingBlocks.OnePerText(model, Texts);
        Assert.Equal(expected, whole.Blocks);
        Assert.Equal(0, whole.TruncatedTexts);
        TextBlocks cut = TrainingBlocks.OnePerText(model, Texts, 4);
        Assert.Equal(expected.Select(block => block.Take(4)), cut.Blocks);
        Assert.Equal(expected.Count(block => block.Length > 4), cut.TruncatedTexts);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(TinyBackbone.ContextLength + 1)]
    public void Packed_LengthOutsideItsRange_NamesIt(int length)
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        Assert.Contains($"Blocks of {length} tokens", Assert.Throws<ArgumentOutOfRangeException>(() => TrainingBlocks.Packed(model, Texts, length)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => TrainingBlocks.OnePerText(model, Texts, length));
    }
}
