using System.Text;

namespace MLNet.Dispersion.Tests.Tokenization;

public class ByteLevelBpeTrainerTests
{
    private const string EndOfText = "<|endoftext|>";

    private static readonly string[] Texts =
    [
        "the cat sat on the mat, the cat's hat", "aaaa aaa aaaaaa ababab abcabc bcbc", "naïve 🙂🙂 𝒳𝒳 naïve", "  the  the\n\n12 12 121", "<|endoftext|>the<|endoftext|>",
    ];

    [Theory]
    [InlineData(300, 1)]
    [InlineData(280, 2)]
    [InlineData(2000, 2)]
    [InlineData(2000, 1)]
    public void Train_SmallTexts_EqualsRecountingOracle(int size, int minimumFrequency)
    {
        ByteLevelBpeTokenizer tokenizer = ByteLevelBpeTrainer.Train(Texts, size, [EndOfText], minimumFrequency);

        (List<string> pieces, List<(string, string)> merges) = Oracle(Texts, size - 1, minimumFrequency);
        Assert.Equal(merges, tokenizer.Merges);
        Assert.Equal([.. pieces, EndOfText], tokenizer.Vocabulary.OrderBy(p => p.Value).Select(p => p.Key));
    }

    [Fact]
    public void Train_RandomTexts_EqualsRecountingOracle()
    {
        var random = new Random(3);
        string[] texts = [.. Enumerable.Range(0, 40).Select(_ => string.Concat(Enumerable.Range(0, random.Next(40)).Select(_ => "aab c"[random.Next(5)])))];

        ByteLevelBpeTokenizer tokenizer = ByteLevelBpeTrainer.Train(texts, 340, []);

        Assert.Equal(Oracle(texts, 340, 2).Merges, tokenizer.Merges);
    }

    [Fact]
    public void Train_Vocabulary_BeginsWithGpt2sBytesAndEndsWithSpecialTokens()
    {
        ByteLevelBpeTokenizer tokenizer = ByteLevelBpeTrainer.Train(Texts, 275, ["<pad>", EndOfText]);

        Assert.Equal((0, 33, 64, 220, 198, 255), (Id("!"), Id("B"), Id("a"), Id("Ġ"), Id("Ċ"), Id("Ń")));
        Assert.Equal((273, 274, 274, 275), (Id("<pad>"), tokenizer.EosTokenId, tokenizer.BosTokenId, tokenizer.VocabularySize));
        int Id(string piece) => tokenizer.Vocabulary[piece];
    }

    [Fact]
    public void Train_Result_EncodesAndDecodesAndSavesLikeALoadedOne()
    {
        ByteLevelBpeTokenizer tokenizer = ByteLevelBpeTrainer.Train(Texts, 330, [EndOfText]);

        Assert.All(Texts, text => Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text).Ids)));
        Assert.Equal([tokenizer.EosTokenId!.Value], tokenizer.Encode(EndOfText).Ids);
        Reloaded.AssertEqual(tokenizer);
    }

    [Fact]
    public void Train_TextsInAnotherOrder_GivesTheSameVocabulary()
    {
        ByteLevelBpeTokenizer forwards = ByteLevelBpeTrainer.Train(Texts, 320, [EndOfText]);
        ByteLevelBpeTokenizer backwards = ByteLevelBpeTrainer.Train(Texts.Reverse(), 320, [EndOfText]);

        Assert.Equal(forwards.Merges, backwards.Merges);
    }

    [Fact]
    public void Train_NoTexts_GivesTheBytesAlone() =>
        Assert.Equal(257, ByteLevelBpeTrainer.Train(["", null], 1000, [EndOfText]).VocabularySize);

    [Fact]
    public void Train_SpecialTokenInTheTexts_IsNotLearnedFrom()
    {
        ByteLevelBpeTokenizer tokenizer = ByteLevelBpeTrainer.Train(Enumerable.Repeat(EndOfText, 100), 1000, [EndOfText]);

        Assert.Empty(tokenizer.Merges);
    }

    [Theory]
    [InlineData(256)]
    [InlineData(0)]
    [InlineData(int.MaxValue)]
    public void Train_SizeOutsideItsRange_Throws(int size) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => ByteLevelBpeTrainer.Train(Texts, size, [EndOfText]));

    [Theory]
    [InlineData("", "x")]
    [InlineData("!", "xx")]
    [InlineData("<a>", "<a>")]
    public void Train_UnusableSpecialToken_Throws(string first, string second) =>
        Assert.Throws<ArgumentException>(() => ByteLevelBpeTrainer.Train(Texts, 300, [first, second]));

    [Fact]
    public void Train_SpecialTokenThatMergesWouldMake_StaysSpecial()
    {
        ByteLevelBpeTokenizer tokenizer = ByteLevelBpeTrainer.Train(["xthe thee athe the"], 300, ["the"]);

        Assert.DoesNotContain(tokenizer.Merges, m => m.Left + m.Right == "the");
        Assert.Equal(tokenizer.EosTokenId, tokenizer.Encode("the").Ids.Single());
    }

    [Fact]
    public void Train_Cancelled_Stops() =>
        Assert.Throws<OperationCanceledException>(() => ByteLevelBpeTrainer.Train(Texts, 300, [EndOfText], new CancellationToken(canceled: true)));

    private static (List<string> Pieces, List<(string, string)> Merges) Oracle(IEnumerable<string> texts, int size, int minimumFrequency)
    {
        List<string> pieces = [.. Enumerable.Range(0, 256).Select(NaiveByteLevelBpe.Symbol).Order().Select(c => c.ToString())];
        var merges = new List<(string, string)>();
        List<List<string>> words = [.. texts.SelectMany(t => t.Split(EndOfText)).SelectMany(t => NaiveByteLevelBpe.Pieces([.. t.EnumerateRunes()]))
            .Select(w => Encoding.UTF8.GetBytes(w).Select(b => NaiveByteLevelBpe.Symbol(b).ToString()).ToList())];
        while (pieces.Count < size)
        {
            var best = words.SelectMany(w => w.Zip(w.Skip(1))).CountBy(p => p)
                .OrderByDescending(p => p.Value).ThenBy(p => pieces.IndexOf(p.Key.First)).ThenBy(p => pieces.IndexOf(p.Key.Second)).FirstOrDefault();
            if (best.Value < minimumFrequency)
            {
                break;
            }

            (string left, string right) = best.Key;
            if (!merges.Contains(best.Key))
            {
                merges.Add(best.Key);
            }

            if (!pieces.Contains(left + right))
            {
                pieces.Add(left + right);
            }

            foreach (List<string> word in words)
            {
                for (int i = 0; i + 1 < word.Count; i++)
                {
                    if (word[i] == left && word[i + 1] == right)
                    {
                        word[i] = left + right;
                        word.RemoveAt(i + 1);
                    }
                }
            }
        }

        return (pieces, merges);
    }
}
