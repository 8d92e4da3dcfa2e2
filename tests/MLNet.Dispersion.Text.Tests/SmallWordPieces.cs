namespace MLNet.Dispersion.Tests.Tokenization;

/// <summary>A vocab.txt of a few words.</summary>
internal static class SmallWordPieces
{
    public static readonly string[] Vocabulary =
    [
        "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "invoice", "refund", "charged", "payment", "money", "crash", "error", "freeze", "##s", "broken", "bug",
        "parcel", "delivery", "courier", "track", "##ing", "address", "please", "the", "my", "is", "again", "today", "it", "was", ",", "!", "'", "cafe", "un", "##want", "##ed", "中", "文", "a", "b", "##b",
    ];
}
