using System.Globalization;
using System.Text.Json;

namespace MLNet.Dispersion.Tests.Tokenization;

/// <summary>Random texts through every kind of tokenizer, here and in Hugging Face's own library: ids, offsets, types, decoded texts, pairs.</summary>
public sealed class LivePeerTests
{
    private const int Few = 40;

    /// <summary>How many texts of each kind a long comparison takes: hours for 10,000, so that it runs where DISPERSION_PEER_TEXTS says so alone.</summary>
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

    private static void CompareKinds(int texts, Func<PeerProcess> start, int every)
    {
        PeerProcess peer = start();
        string file = Path.Combine(Directory.CreateTempSubdirectory("tokenizer-peer-").FullName, "tokenizer.json");
        var problems = new List<string>();
        foreach ((int number, string name) in PeerKinds.Names.Index().Where(kind => kind.Index % every == 0 && Wanted(kind.Item)))
        {
            File.WriteAllText(file, PeerKinds.Json(name));
            problems.AddRange(new PeerComparison(peer, name, file, PeerKinds.AddedTokens, decodes: true).Run(texts, seed: 1000 + number));
        }

        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
        Assert.True(problems.Count == 0, string.Join('\n', problems));
    }

    private static void CompareWhole(int texts, Func<PeerProcess> start)
    {
        PeerProcess peer = start();
        string folder = SharedFixtures.Path("fixtures", "tokenizers", "full");
        var problems = new List<string>();
        foreach ((int number, string path) in Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal).Where(path => Wanted(Path.GetFileName(path))).Index())
        {
            string file = Path.Combine(path, "tokenizer.json");
            JsonElement root = JsonSerializer.Deserialize<JsonElement>(File.ReadAllBytes(file));
            JsonElement[] added = [.. root.GetProperty("added_tokens").EnumerateArray()];

            // Versions decode added tokens differently that are normalized themselves.
            bool decodes = root.GetProperty("normalizer").ValueKind == JsonValueKind.Null || !added.Any(token => token.GetProperty("normalized").GetBoolean());
            problems.AddRange(new PeerComparison(peer, Path.GetFileName(path), file, [.. added.Select(token => token.GetProperty("content").GetString()!)], decodes).Run(texts, seed: 5000 + number));
        }

        Assert.True(problems.Count == 0, string.Join('\n', problems));
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

    /// <summary>What differs: a line each, the first ones.</summary>
    public IEnumerable<string> Run(int texts, int seed)
    {
        var random = new RandomTexts(seed, addedTokens);
        (string Text, string? Pair)[] questions = [.. Enumerable.Range(0, texts).Select(i => (random.Next(), i % 5 == 4 ? random.Next() : null))];
        List<JsonElement?> answers = peer.Ask(file, questions);
        var problems = new List<string>();
        for (int i = 0; i < texts; i++)
        {
            if (answers[i] is { } answer && (questions[i].Pair is null || answer.TryGetProperty("offsets", out _) || answer.TryGetProperty("error", out _)) && Compare(questions[i].Text, questions[i].Pair, answer) is { } problem)
            {
                problems.Add($"{name}, {JsonSerializer.Serialize(questions[i])} {Escaped(questions[i].Text)} {Escaped(questions[i].Pair)}: {problem}");
            }
        }

        return problems.Count > MostTold ? [.. problems.Take(MostTold), $"{name}: {problems.Count} texts differ"] : problems;
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
