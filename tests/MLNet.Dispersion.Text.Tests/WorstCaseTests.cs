using System.Diagnostics;
using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Tests.Tokenization;

/// <summary>Texts and files that take quadratic time where something is done the simple way. The limits are far above what linear time needs, and far below what quadratic time would.</summary>
public sealed class WorstCaseTests
{
    private const int Seconds = 60;

    /// <summary>Each model, each normalizer and each pre-tokenizer once.</summary>
    public static TheoryData<string> Kinds => [.. PeerKinds.Names.Where(name =>
        name.StartsWith("BPE/none/", StringComparison.Ordinal) || (name.StartsWith("Unigram/", StringComparison.Ordinal) && name.EndsWith("/none", StringComparison.Ordinal)) || name.EndsWith("/none/none", StringComparison.Ordinal) || name == "WordLevel/none/Whitespace")];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Tokenize_LongTextsOfEveryKind_TakesNoQuadraticTime(string kind)
    {
        PipelineTokenizer tokenizer = Load(PeerKinds.Json(kind));
        var random = new Random(3);
        string letters = string.Concat(Enumerable.Range(0, 10_000).Select(_ => (char)('a' + random.Next(26))));
        var watch = Stopwatch.StartNew();
        foreach (string text in (string[])[letters, new('a', 300_000), new(' ', 300_000), new('\u0301', 300_000), new('!', 300_000), new('\n', 300_000)])
        {
            Assert.NotEmpty(tokenizer.Tokenize(text).Ids);
        }

        Assert.InRange(watch.Elapsed.TotalSeconds, 0, Seconds);
    }

    [Theory]
    [InlineData("aaaaaaaaaa")]
    [InlineData("the")]
    [InlineData("thingthe")]
    public void Encode_PieceOfManyThousandUnits_IsMergedExactly(string unit)
    {
        string piece = string.Concat(Enumerable.Repeat(unit, 6_000 / unit.Length)) + "hhh";

        Assert.Equal(SmallBpe.Naive().EncodePiece(piece), SmallBpe.Load().Encode(piece).Ids);
    }

    [Theory]
    [InlineData("BPE/none/none")]
    [InlineData("WordPiece/none/Whitespace")]
    [InlineData("Unigram/none/MetaspaceAlways")]
    [InlineData("WordLevel/none/Whitespace")]
    public void Load_ManyAddedTokens_AreFoundInOnePass(string kind)
    {
        const int Count = 100_000;
        JsonObject file = JsonNode.Parse(PeerKinds.Json(kind))!.AsObject();
        file["added_tokens"] = new JsonArray([.. Enumerable.Range(0, Count).Select(i => (JsonNode)new JsonObject { ["id"] = i, ["content"] = $"<{i}>", ["single_word"] = false, ["lstrip"] = false, ["rstrip"] = false, ["normalized"] = false, ["special"] = true })]);
        file["post_processor"] = null;
        var watch = Stopwatch.StartNew();
        PipelineTokenizer tokenizer = Load(file.ToJsonString());

        int[] ids = tokenizer.Encode(string.Concat(Enumerable.Range(0, Count).Select(i => $"<{i}>"))).Ids;

        Assert.Equal(Enumerable.Range(0, Count).Select(i => tokenizer.IdOf($"<{i}>")!.Value), ids);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, Seconds);
    }

    [Fact]
    public void Cut_AddedTokensThatBeginEachOther_FindsTheLeftmostLongest()
    {
        var random = new Random(11);
        for (int round = 0; round < 2_000; round++)
        {
            string Any(int most) => string.Concat(Enumerable.Range(0, random.Next(1, most)).Select(_ => "ab "[random.Next(3)]));
            string[] contents = [.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => Any(6)).Distinct()];
            string text = Any(40);
            var parts = new List<(AlignedText Text, int Id)>();
            new AddedTokenFinder(contents.Select((content, id) => new TextOfToken(content, new AddedToken(content), id))).Cut(new AlignedText(text), specialsAsText: false, parts);

            Assert.Equal(Naive(text, contents), parts.Select(part => (part.Text.ToString(), part.Id)));
        }
    }

    [Fact]
    public void Cut_LongTokenThatFailsAtItsEnd_TakesNoQuadraticTime()
    {
        string almost = new string('a', 200_000) + "b";
        var finder = new AddedTokenFinder([new(almost, new AddedToken(almost), 0), new("a", new AddedToken("a"), 1)]);
        var parts = new List<(AlignedText Text, int Id)>();
        var watch = Stopwatch.StartNew();

        finder.Cut(new AlignedText(new string('a', 400_000)), specialsAsText: false, parts);

        Assert.Equal(400_000, parts.Count);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, Seconds);
    }

    [Fact]
    public void Cut_BlankTokenThatTakesBlanks_TakesNoQuadraticTime()
    {
        var finder = new AddedTokenFinder([new("\n", new AddedToken("\n") { RightStrip = true, LeftStrip = true }, 0)]);
        var parts = new List<(AlignedText Text, int Id)>();
        var watch = Stopwatch.StartNew();

        finder.Cut(new AlignedText(new string('\n', 400_000)), specialsAsText: false, parts);

        Assert.NotEmpty(parts);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, Seconds);
    }

    [Fact]
    public void Tokenize_LongWordOfPieces_IsWhatShorterOnesAre()
    {
        // Behind 128 units word pieces are found in another way.
        string[] pieces = ["[UNK]", "a", "ab", "##a", "##b", "##ab", "##abb", "##bba", "##aaaa"];
        var vocabulary = Vocabulary.Of(pieces.Select((piece, id) => (piece, id)));
        var model = new LongestPieceModel(vocabulary, "[UNK]", "##", 1_000_000);
        var random = new Random(4);
        for (int round = 0; round < 300; round++)
        {
            string word = "a" + string.Concat(Enumerable.Range(0, random.Next(100, 400)).Select(_ => "ab"[random.Next(2)]));
            int at = 0;
            var expected = new List<int>();
            while (at < word.Length)
            {
                string best = pieces.Skip(1).Where(p => p.StartsWith("##", StringComparison.Ordinal) == at > 0).MaxBy(p => word.AsSpan(at).StartsWith(p.Replace("##", "", StringComparison.Ordinal)) ? p.Length : -1)!;
                expected.Add(Array.IndexOf(pieces, best));
                at += best.Replace("##", "", StringComparison.Ordinal).Length;
            }

            Assert.Equal(expected, model.Tokenize(word).Ids);
        }
    }

    [Theory]
    [InlineData("(a+)+b")]
    [InlineData("(a|aa)+$b")]
    [InlineData("(a*)*b")]
    [InlineData("a++b")]
    [InlineData("(?:a{1,50}){1,50}b")]
    [InlineData("(?=(a+))a*b\\1")]
    [InlineData("(.*)(.*)(.*)\\1\\2b")]
    [InlineData("(?<=a{0,200})b")]
    [InlineData("\\X+b")]
    [InlineData("(?~a+b)b")]
    [InlineData("\\y.*\\yb")]
    public void Find_PatternOfManyWays_EndsOrIsStopped(string pattern)
    {
        string text = new('a', 30_000);
        var watch = Stopwatch.StartNew();

        Exception? error = Record.Exception(() => TextPattern.Parse(pattern).Find(text, 0, text.Length, []));

        Assert.True(error is null or TextPatternException or PatternSyntaxException, $"{error}");
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, Seconds);
    }

    [Fact]
    public void Encode_SeveralThreads_GiveTheSameIds()
    {
        foreach (string kind in (string[])["BPE/none/ByteLevel", "WordPiece/Bert/Bert", "Unigram/NFKC/MetaspaceAlways"])
        {
            PipelineTokenizer tokenizer = Load(PeerKinds.Json(kind));
            PipelineTokenizer alone = Load(PeerKinds.Json(kind));
            var random = new RandomTexts(9, PeerKinds.AddedTokens);
            string[] texts = [.. Enumerable.Range(0, 2_000).Select(_ => random.Next())];
            int[][] expected = [.. texts.Select(text => alone.Encode(text).Ids)];
            var found = new int[texts.Length][];

            Parallel.For(0, texts.Length, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i => found[i] = tokenizer.Encode(texts[i]).Ids);

            Assert.Equal(expected, found);
        }
    }

    private static IEnumerable<(string Text, int Id)> Naive(string text, string[] contents)
    {
        int done = 0;
        for (int at = 0; at < text.Length;)
        {
            string? best = contents.Where(content => text.AsSpan(at).StartsWith(content)).MaxBy(content => content.Length);
            if (best is null)
            {
                at++;
                continue;
            }

            if (at > done)
            {
                yield return (text[done..at], -1);
            }

            yield return (best, Array.IndexOf(contents, best));
            done = at += best.Length;
        }

        if (done < text.Length)
        {
            yield return (text[done..], -1);
        }
    }

    private static PipelineTokenizer Load(string json) => (PipelineTokenizer)TextTokenizer.Load(MemorySource.Of(("tokenizer.json", json)));
}
