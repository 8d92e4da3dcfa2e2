namespace MLNet.Dispersion.Tests.Diagnostics;

/// <summary>Gives the token ids that it was told for a text; for any other, the numbers in it. Counts what it encodes.</summary>
internal sealed class KnownTextsTokenizer(IReadOnlyDictionary<string, int[]>? known = null, int vocabularySize = 20) : TextTokenizer
{
    public int Encoded { get; private set; }

    public override int VocabularySize => vocabularySize;

    public override int? BosTokenId => null;

    public override int? EosTokenId => null;

    public override EncodedText Encode(string? text, int maxTokens = int.MaxValue)
    {
        Encoded++;
        text ??= string.Empty;
        int[] ids = known is not null && known.TryGetValue(text, out int[]? told) ? told : [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];
        return new EncodedText { Ids = [.. ids.Take(maxTokens)], Truncated = ids.Length > maxTokens };
    }

    public override string Decode(IEnumerable<int> ids) => string.Join(' ', ids);

    public override void Save(FileSink sink) => throw new NotSupportedException();
}
