namespace MLNet.Dispersion.Tests.Tokenization;

/// <summary>Tokens that come one by one: the same steps as the plain way that decodes all of them anew each time, without its cost.</summary>
public sealed class TextDecodeStreamTests
{
    public static TheoryData<string> Tokenizers => ["bytes", "pieces"];

    [Theory]
    [MemberData(nameof(Tokenizers))]
    public void Add_AnyTokens_GivesOutWhatThePlainWayDoes(string kind)
    {
        PipelineTokenizer tokenizer = Load(kind);
        var random = new Random(8);
        for (int round = 0; round < 200; round++)
        {
            // Pieces of characters among whole ones, and special tokens.
            int[] ids = [.. Enumerable.Range(0, 60).Select(_ => random.Next(random.Next(2) == 0 ? 259 : tokenizer.VocabularySize))];
            bool skips = round % 2 == 0;
            TextDecodeStream stream = tokenizer.DecodeStream(skips);
            var plain = new PlainStream(some => tokenizer.Decode(some, skips));

            Assert.Equal(ids.Select(plain.Add), ids.Select(stream.Add));
        }
    }

    [Theory]
    [MemberData(nameof(Tokenizers))]
    public void Add_BytesThatNeverBecomeACharacter_AreHeldBackWithoutBeingReadAgainAndAgain(string kind)
    {
        const int Count = 20_000;
        PipelineTokenizer tokenizer = Load(kind);
        int lone = kind == "bytes" ? tokenizer.IdOf(NaiveByteLevelBpe.Symbol(0x80).ToString())!.Value : tokenizer.IdOf("<0x80>")!.Value;
        int letter = tokenizer.IdOf("a")!.Value;
        long read = 0;
        var stream = new TextDecodeStream(
            ids =>
            {
                read += ids.Count();
                return tokenizer.Decode(ids, skipSpecialTokens: true);
            },
            _ => false);
        for (int i = 0; i < Count; i++)
        {
            Assert.Null(stream.Add(lone));
        }

        Assert.Equal(new string('\ufffd', Count) + "a", stream.Add(letter));
        Assert.Equal("a", stream.Add(letter));
        Assert.InRange(read, 1, 64L * Count);
    }

    [Fact]
    public void Add_WholeCharactersBehindADamagedByte_TakeNoQuadraticTime()
    {
        // The bytes are told as one run, which its first byte spoils: its end by itself looks whole.
        const int Count = 20_000;
        PipelineTokenizer tokenizer = Load("pieces");
        long read = 0;
        var stream = new TextDecodeStream(
            ids =>
            {
                read += ids.Count();
                return tokenizer.Decode(ids, skipSpecialTokens: true);
            },
            _ => false);
        Assert.Null(stream.Add(tokenizer.IdOf("<0x80>")!.Value));
        for (int i = 0; i < Count; i++)
        {
            Assert.Null(stream.Add(tokenizer.IdOf("<0x41>")!.Value));
        }

        Assert.InRange(read, 1, 64L * Count);
    }

    [Fact]
    public void Add_SpecialTokensThatAreLeftOut_TakeNoTime()
    {
        PipelineTokenizer tokenizer = Load("bytes");
        TextDecodeStream stream = tokenizer.DecodeStream();
        int end = tokenizer.IdOf(SmallBpe.EndOfText)!.Value;
        for (int i = 0; i < 100_000; i++)
        {
            Assert.Null(stream.Add(end));
        }

        Assert.Equal("a", stream.Add(tokenizer.IdOf("a")!.Value));
    }

    private static PipelineTokenizer Load(string kind) => kind == "bytes" ? SmallBpe.Load() : (PipelineTokenizer)TextTokenizer.Load(SmallSentencePiece.Files("tokenizer.json"));

    /// <summary>Hugging Face's steps, word by word.</summary>
    private sealed class PlainStream(Func<IEnumerable<int>, string> decode)
    {
        private List<int> _ids = [];
        private string _prefix = "";
        private int _prefixCount;

        public string? Add(int id)
        {
            if (_prefix.Length == 0 && _ids.Count > 0 && decode(_ids) is var before && !before.EndsWith('\ufffd'))
            {
                (_prefix, _prefixCount) = (before, _ids.Count);
            }

            _ids.Add(id);
            string text = decode(_ids);
            if (System.Text.Encoding.UTF8.GetByteCount(text) <= System.Text.Encoding.UTF8.GetByteCount(_prefix) || text.EndsWith('\ufffd'))
            {
                return null;
            }

            string added = text[text.AsSpan().CommonPrefixLength(_prefix)..];
            int kept = _ids.Count - _prefixCount;
            _ids = _ids[_prefixCount..];
            _prefix = decode(_ids);
            _prefixCount = kept;
            return added;
        }
    }
}
