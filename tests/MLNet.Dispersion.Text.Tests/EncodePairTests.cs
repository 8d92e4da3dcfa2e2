namespace MLNet.Dispersion.Tests.Tokenization;

public sealed class EncodePairTests
{
    [Fact]
    public void EncodePair_Decoder_PutsTheEndTokenBetween()
    {
        TextTokenizer tokenizer = SmallBpe.Load();
        int[] first = tokenizer.Encode("refund my money").Ids;
        int[] second = tokenizer.Encode("a broken parcel").Ids;

        EncodedPair pair = tokenizer.EncodePair("refund my money", "a broken parcel");

        Assert.Equal([.. first, tokenizer.EosTokenId!.Value, .. second], pair.Ids);
        Assert.Equal(first.Length + 1, pair.SecondStart);
        Assert.False(pair.Truncated);
    }

    [Fact]
    public void EncodePair_TooLong_KeepsTheBeginningsOfBoth()
    {
        TextTokenizer tokenizer = SmallBpe.Load();
        string longer = string.Join(' ', Enumerable.Repeat("refund money parcel", 20));
        int[] first = tokenizer.Encode(longer).Ids;
        int[] second = tokenizer.Encode("crash").Ids;

        EncodedPair pair = tokenizer.EncodePair(longer, "crash", maxTokens: 12);

        Assert.True(pair.Truncated);
        Assert.Equal([.. first.Take(11 - second.Length), tokenizer.EosTokenId!.Value, .. second], pair.Ids);
        Assert.Equal(3, tokenizer.LeastPairTokens);
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.EncodePair("a", "b", maxTokens: 2));
    }

    [Fact]
    public void LongestFirst_AllLengths_EqualsTakingTokensOneByOne()
    {
        for (int first = 0; first < 9; first++)
        {
            for (int second = 0; second < 9; second++)
            {
                for (int room = 0; room < 18; room++)
                {
                    Assert.Equal(OneByOne(first, second, room), PairEncoder.LongestFirst(first, second, room));
                }
            }
        }
    }

    private static (int First, int Second) OneByOne(int first, int second, int room)
    {
        while (first + second > room)
        {
            if (first > second)
            {
                first--;
            }
            else
            {
                second--;
            }
        }

        return (first, second);
    }
}
