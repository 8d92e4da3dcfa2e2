namespace MLNet.Dispersion.Tests.Tokenization;

/// <summary>Saves a tokenizer and reads it again.</summary>
internal static class Reloaded
{
    private static readonly string[] Texts = ["", "the thing", "x<|endoftext|>y", "  12 \n🙂 𝒳é", "<pad> <word>", "e\u0301 CAN'T123"];

    /// <summary>The one that was read again gives the same ids and the same files.</summary>
    internal static void AssertEqual(TextTokenizer tokenizer)
    {
        var saved = new MemorySource();
        tokenizer.Save(saved.Sink());
        TextTokenizer again = TextTokenizer.Load(saved);

        Assert.Equal(
            (tokenizer.VocabularySize, tokenizer.BosTokenId, tokenizer.EosTokenId),
            (again.VocabularySize, again.BosTokenId, again.EosTokenId));
        Assert.All(Texts, text =>
        {
            int[] ids = tokenizer.Encode(text).Ids;
            Assert.Equal(ids, again.Encode(text).Ids);
            Assert.Equal(tokenizer.Decode(ids), again.Decode(ids));
        });
        var twice = new MemorySource();
        again.Save(twice.Sink());
        Assert.All(saved.Files, name => Assert.Equal(saved.Text(name), twice.Text(name)));
    }
}
