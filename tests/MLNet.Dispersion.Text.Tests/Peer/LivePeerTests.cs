using System.Globalization;
using System.Text.Json;
using Xunit.Abstractions;

namespace MLNet.Dispersion.Tests.Tokenization;

/// <summary>Random texts through every kind of tokenizer, here and in Hugging Face's own library: ids, offsets, types, decoded texts, pairs.</summary>
public sealed class LivePeerTests(ITestOutputHelper output)
{
    private const int Few = 40;

    /// <summary>How many texts of each kind a long comparison takes: half an hour or more for 10,000, so that it runs where DISPERSION_PEER_TEXTS says so alone.</summary>
    private static int Many
    {
        get
        {
            bool isAsked = int.TryParse(Environment.GetEnvironmentVariable("DISPERSION_PEER_TEXTS"), NumberStyles.None, CultureInfo.InvariantCulture, out int texts);
            Skip.IfNot(isAsked, "Set DISPERSION_PEER_TEXTS to the number of texts of each kind, such as 10000, to compare many.");
            return texts;
        }
    }

    [SkippableFact]
    public void EveryKind_SomeRandomTexts_AnswersLikeTokenizersDotNet() => CompareKinds(Few, PeerProcess.OfNuGet, every: 4);

    [SkippableFact]
    public void EveryKind_SomeRandomTexts_AnswersLikeTheNodeBinding() => CompareKinds(Few, PeerProcess.OfNode, every: 1);

    [SkippableFact]
    [Trait("Category", "Long")]
    public void EveryKind_ManyRandomTexts_AnswersLikeTokenizersDotNet() => CompareKinds(Many, PeerProcess.OfNuGet, every: 1);

    [SkippableFact]
    [Trait("Category", "Long")]
    public void EveryKind_ManyRandomTexts_AnswersLikeTheNodeBinding() => CompareKinds(Many, PeerProcess.OfNode, every: 1);

    [SkippableFact]
    [Trait("Category", "Long")]
    public void WholeTokenizers_ManyRandomTexts_AnswerLikeTheNodeBinding() => CompareWhole(Many, PeerProcess.OfNode);

    [SkippableFact]
    [Trait("Category", "Long")]
    public void WholeTokenizers_ManyRandomTexts_AnswerLikeTokenizersDotNet() => CompareWhole(Many, PeerProcess.OfNuGet);

    private void CompareKinds(int texts, Func<PeerProcess> start, int every)
    {
        PeerProcess peer = start();
        string file = Path.Combine(Directory.CreateTempSubdirectory("tokenizer-peer-").FullName, "tokenizer.json");
        var total = new PeerTally();
        foreach ((int number, string name) in PeerKinds.Names.Index().Where(kind => kind.Index % every == 0 && Wanted(kind.Item)))
        {
            File.WriteAllText(file, PeerKinds.Json(name));
            total.Add(new PeerComparison(peer, name, file, PeerKinds.AddedTokens, decodes: true).Run(texts, seed: 1000 + number));
        }

        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
        Tell(total);
    }

    private void CompareWhole(int texts, Func<PeerProcess> start)
    {
        PeerProcess peer = start();
        string folder = SharedFixtures.Path("fixtures", "tokenizers", "full");
        var total = new PeerTally();
        foreach ((int number, string path) in Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal).Where(path => Wanted(Path.GetFileName(path))).Index())
        {
            string file = Path.Combine(path, "tokenizer.json");
            JsonElement root = JsonSerializer.Deserialize<JsonElement>(File.ReadAllBytes(file));
            JsonElement[] added = [.. root.GetProperty("added_tokens").EnumerateArray()];

            // Versions decode added tokens differently that are normalized themselves.
            bool decodes = root.GetProperty("normalizer").ValueKind == JsonValueKind.Null || !added.Any(token => token.GetProperty("normalized").GetBoolean());
            total.Add(new PeerComparison(peer, Path.GetFileName(path), file, [.. added.Select(token => token.GetProperty("content").GetString()!)], decodes).Run(texts, seed: 5000 + number));
        }

        Tell(total);
    }

    private void Tell(PeerTally total)
    {
        output.WriteLine(total.ToString());
        Assert.True(total.Differences == 0, $"{total}\n{string.Join('\n', total.Problems)}");
    }

    /// <summary>DISPERSION_PEER_KINDS narrows a run down to kinds whose names contain it.</summary>
    private static bool Wanted(string name) => Environment.GetEnvironmentVariable("DISPERSION_PEER_KINDS") is not { Length: > 0 } part || name.Contains(part, StringComparison.Ordinal);
}

/// <summary>Compares the answers of one tokenizer.</summary>
internal sealed class PeerComparison(PeerProcess peer, string name, string file, IReadOnlyList<string> addedTokens, bool decodes)
{
    private const int MostTold = 5;
    private static readonly TextEncodingOptions Options = new() { UseFileLimits = true };
    private readonly PipelineTokenizer _tokenizer = (PipelineTokenizer)TextTokenizer.Load(new FolderOfOneFile(file));

    /// <summary>Compares this many texts.</summary>
    public PeerTally Run(int texts, int seed)
    {
        var random = new RandomTexts(seed, addedTokens);
        (string Text, string? Pair)[] questions = [.. Enumerable.Range(0, texts).Select(i => (random.Next(), i % 5 == 4 ? random.Next() : null))];
        var tally = new PeerTally { Kinds = 1, Texts = texts };
        foreach ((int i, JsonElement? given) in peer.Ask(file, questions).Index())
        {
            // A peer without offsets takes no pairs either.
            if (given is not { } answer || (questions[i].Pair is not null && !answer.TryGetProperty("offsets", out _) && !answer.TryGetProperty("error", out _)))
            {
                tally.Skipped++;
            }
            else if (Compare(questions[i].Text, questions[i].Pair, answer) is { } problem)
            {
                tally.Differences++;
                if (tally.Differences <= MostTold)
                {
                    tally.Problems.Add($"{name}, {Escaped(questions[i].Text)} {Escaped(questions[i].Pair)}: {problem}");
                }
            }
        }

        if (tally.Differences > MostTold)
        {
            tally.Problems.Add($"{name}: {tally.Differences} texts differ");
        }

        return tally;
    }

    private string? Compare(string text, string? pair, JsonElement answer)
    {
        TextEncoding? ours = null;
        Exception? refusal = null;
        try
        {
            ours = _tokenizer.Tokenize(text, pair, Options);
        }
        catch (Exception e) when (TokenizerAnswers.Refuses(e))
        {
            refusal = e;
        }

        if (answer.TryGetProperty("error", out JsonElement error))
        {
            return refusal is null ? $"the peer refuses ({error}), and we do not" : null;
        }

        return ours is null ? $"refused: {refusal!.Message}"
            : Different("ids", answer, ours.Ids)
            ?? Different("offsets", answer, [.. TokenizerAnswers.Flat(ours.CodePointOffsets)])
            ?? Different("types", answer, ours.TypeIds)
            ?? Different("decode", answer, ours.Ids, skip: false)
            ?? Different("decode_skip", answer, ours.Ids, skip: true);
    }

    private static string? Different(string field, JsonElement answer, IReadOnlyList<int> ours) =>
        !answer.TryGetProperty(field, out JsonElement list) || TokenizerAnswers.Ids(list).SequenceEqual(ours) ? null : $"{field} {list} expected, got [{string.Join(',', ours)}]";

    private string? Different(string field, JsonElement answer, IReadOnlyList<int> ids, bool skip) =>
        !decodes || !answer.TryGetProperty(field, out JsonElement text) || text.GetString() == _tokenizer.Decode(ids, skip) ? null : $"{field} {Escaped(text.GetString())} expected, got {Escaped(_tokenizer.Decode(ids, skip))}";

    private static string Escaped(string? text) => text is null ? "" : string.Concat(text.EnumerateRunes().Select(rune => rune.Value is >= 32 and < 127 ? rune.ToString() : $"\\u{{{rune.Value:x}}}"));
}

/// <summary>What came of comparing.</summary>
internal sealed class PeerTally
{
    public int Kinds { get; set; }

    public int Texts { get; set; }

    public int Differences { get; set; }

    /// <summary>Texts on which the library ended its process, and pairs that it does not take.</summary>
    public int Skipped { get; set; }

    /// <summary>The first differences of each kind, a line each.</summary>
    public List<string> Problems { get; } = [];

    public void Add(PeerTally other)
    {
        Kinds += other.Kinds;
        Texts += other.Texts;
        Differences += other.Differences;
        Skipped += other.Skipped;
        Problems.AddRange(other.Problems);
    }

    public override string ToString() => $"{Kinds} kinds, {Texts} texts, {Differences} differences, {Skipped} skipped";
}
