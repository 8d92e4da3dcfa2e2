namespace MLNet.Dispersion;

/// <summary>Packs documents into blocks of one length for causal language modelling, so that no position is spent on padding.</summary>
/// <remarks>
/// The documents are laid end to end, each closed by the separator where there is one, and the stream is cut every <see cref="BlockLength"/> tokens. A document may
/// thus run on into the next block, and a block may hold several. The published experiments pack lines without a separator, a thousand at a time, and drop each thousand's rest:
/// <c>lines.Chunk(1000).SelectMany(new TextPacker(1024, separatorId: null).Pack)</c> does so. Immutable and thread-safe.
/// </remarks>
public sealed class TextPacker
{
    /// <summary>Creates a packer.</summary>
    /// <param name="blockLength">Tokens of a block (L). At least 2: the first token has nothing to be predicted from.</param>
    /// <param name="separatorId">The token that closes every document, such as the tokenizer's end-of-sequence token; null for none: documents then run into one another.</param>
    /// <param name="keepRemainder">Whether the tokens left over at the end make one shorter block, where they are at least 2. Default false: they are dropped.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="blockLength"/> is below 2 or <paramref name="separatorId"/> below 0.</exception>
    public TextPacker(int blockLength, int? separatorId, bool keepRemainder = false)
    {
        if (blockLength < 2)
        {
            throw new ArgumentOutOfRangeException(nameof(blockLength), blockLength, $"The block length is {blockLength}; it must be at least 2, since a block's first token is predicted from nothing.");
        }

        if (separatorId is { } id)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(id, nameof(separatorId));
        }

        BlockLength = blockLength;
        SeparatorId = separatorId;
        KeepRemainder = keepRemainder;
    }

    /// <summary>Gets the number of tokens of a block (L).</summary>
    public int BlockLength { get; }

    /// <summary>Gets the token that closes every document; null for none.</summary>
    public int? SeparatorId { get; }

    /// <summary>Gets whether the tokens left over at the end make one shorter block.</summary>
    public bool KeepRemainder { get; }

    /// <summary>Packs the documents, reading them as the blocks are asked for.</summary>
    /// <param name="documents">Token ids of each document, without the separator. Empty ones are passed over.</param>
    /// <returns>Blocks of <see cref="BlockLength"/> ids; with <see cref="KeepRemainder"/> the last may be shorter. Each is an array of its own.</returns>
    /// <exception cref="ArgumentException">A document is null (thrown when it is reached).</exception>
    public IEnumerable<int[]> Pack(IEnumerable<int[]> documents)
    {
        ArgumentNullException.ThrowIfNull(documents);
        return PackLazily(documents);
    }

    private IEnumerable<int[]> PackLazily(IEnumerable<int[]> documents)
    {
        var block = new int[BlockLength];
        int filled = 0;
        foreach (int id in Stream(documents))
        {
            block[filled++] = id;
            if (filled == BlockLength)
            {
                yield return block;
                block = new int[BlockLength];
                filled = 0;
            }
        }

        if (KeepRemainder && filled >= 2)
        {
            yield return block[..filled];
        }
    }

    private IEnumerable<int> Stream(IEnumerable<int[]> documents)
    {
        foreach (int[] document in documents)
        {
            if (document is null)
            {
                throw new ArgumentException("A document is null. Pass an empty array for an empty document.", nameof(documents));
            }

            foreach (int id in document)
            {
                yield return id;
            }

            if (document.Length > 0 && SeparatorId is { } separator)
            {
                yield return separator;
            }
        }
    }
}
