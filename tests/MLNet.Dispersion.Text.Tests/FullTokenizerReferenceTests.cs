using System.Text.Json;

namespace MLNet.Dispersion.Tests.Tokenization;

/// <summary>Whole tokenizers over many texts: ids, offsets, decoding, pairs.</summary>
public sealed class FullTokenizerReferenceTests : ReferenceTests
{
    private const string Key = "tokenizers/full";

    [SkippableFact]
    public void WholeTokenizers_AllTexts_GiveTheReferencesAnswers() => Check(Key, folder =>
    {
        string[] texts = JsonSerializer.Deserialize<string[]>(File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(folder.FullPath)!, "texts.json")))!;
        foreach (string name in Directory.EnumerateDirectories(folder.FullPath).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal))
        {
            folder.Case(name, () => new FullTokenizerCase(folder, name, texts).Compare());
        }
    }, TokenizerAnswers.Refuses);
}

/// <summary>The answers to one whole tokenizer.</summary>
internal sealed class FullTokenizerCase
{
    private static readonly TextEncodingOptions Plain = new() { AddSpecialTokens = false, UseFileLimits = true };
    private static readonly TextEncodingOptions Special = new() { UseFileLimits = true };
    private readonly ReferenceFolder _folder;
    private readonly string _name;
    private readonly string[] _texts;
    private readonly JsonElement _expected;
    private readonly PipelineTokenizer _tokenizer;

    public FullTokenizerCase(ReferenceFolder folder, string name, string[] texts)
    {
        _folder = folder;
        _name = name;
        _texts = texts;
        _expected = TokenizerAnswers.Unzip(folder.FileOf(name, "expected.json.gz"));
        _tokenizer = (PipelineTokenizer)TextTokenizer.Load(new FolderOfOneFile(folder.FileOf(name, "tokenizer.json")));
    }

    public void Compare()
    {
        for (int i = 0; i < _texts.Length; i++)
        {
            CompareText(i);
        }

        foreach (JsonElement pair in _expected.GetProperty("pairs").EnumerateArray())
        {
            ComparePair(pair);
        }

        CompareRandomIds();
        CompareBatch();
    }

    private void CompareText(int i)
    {
        string where = $"text {i} {JsonSerializer.Serialize(_texts[i])}";
        if (_expected.GetProperty("errors").TryGetProperty($"{i}", out JsonElement error))
        {
            TokenizerAnswers.ThrowsOrPanics(error.GetString()!, () => _tokenizer.Tokenize(_texts[i], options: Special), where);
            return;
        }

        TextEncoding plain = _tokenizer.Tokenize(_texts[i], options: Plain);
        TextEncoding special = _tokenizer.Tokenize(_texts[i], options: Special);
        int[] ids = TokenizerAnswers.Ids(_expected.GetProperty("ids")[i]);
        TokenizerAnswers.Same(ids, plain.Ids, $"ids of {where}");
        JsonElement expectedSpecial = _expected.GetProperty("ids_special")[i];
        TokenizerAnswers.Same(expectedSpecial.ValueKind == JsonValueKind.Number ? ids : TokenizerAnswers.Ids(expectedSpecial), special.Ids, $"ids with special tokens of {where}");
        JsonElement types = _expected.GetProperty("type_ids_special")[i];
        TokenizerAnswers.Same(types.ValueKind == JsonValueKind.Number ? new int[special.Ids.Count] : TokenizerAnswers.Ids(types), special.TypeIds, $"type ids of {where}");
        JsonElement units = _expected.GetProperty("offsets_utf16")[i];
        if (units.ValueKind != JsonValueKind.String)
        {
            int[] offsets = TokenizerAnswers.Ids(_expected.GetProperty("offsets")[i]);
            TokenizerAnswers.Same(offsets, TokenizerAnswers.Flat(plain.CodePointOffsets), $"offsets of {where}");
            TokenizerAnswers.Same(units.ValueKind == JsonValueKind.Number ? offsets : TokenizerAnswers.Ids(units), TokenizerAnswers.Flat(plain.Offsets), $"UTF-16 offsets of {where}");
        }

        CompareDecoded("decode", i, special.Ids, false, where);
        CompareDecoded("decode_skip", i, special.Ids, true, where);
    }

    private void CompareDecoded(string field, int i, IReadOnlyList<int> ids, bool skip, string where)
    {
        if (!_folder.IsLenient("full", _name, field) && _expected.GetProperty(field)[i] is { ValueKind: JsonValueKind.String } text)
        {
            TokenizerAnswers.SameText(text.GetString()!, _tokenizer.Decode(ids, skip), $"{field} of {where}");
        }
    }

    private void ComparePair(JsonElement pair)
    {
        string a = _texts[pair.GetProperty("a").GetInt32()];
        string b = _texts[pair.GetProperty("b").GetInt32()];
        string where = $"pair {pair.GetProperty("a")} {pair.GetProperty("b")}";
        if (pair.TryGetProperty("error", out JsonElement error))
        {
            TokenizerAnswers.ThrowsOrPanics(error.GetString()!, () => _tokenizer.Tokenize(a, b, Special), where);
            return;
        }

        TokenizerAnswers.SameRow(pair, _tokenizer.Tokenize(a, b, Special), where);
    }

    private void CompareRandomIds()
    {
        if (_folder.IsLenient("full", _name, "decode_random"))
        {
            return;
        }

        foreach (JsonElement random in _expected.GetProperty("decode_random").EnumerateArray())
        {
            int[] ids = TokenizerAnswers.Ids(random.GetProperty("ids"));
            foreach ((string field, bool skip) in (ReadOnlySpan<(string, bool)>)[("decode", false), ("decode_skip", true)])
            {
                if (random.GetProperty(field) is { ValueKind: JsonValueKind.String } text)
                {
                    TokenizerAnswers.SameText(text.GetString()!, _tokenizer.Decode(ids, skip), $"{field} of [{string.Join(' ', ids)}]");
                }
            }
        }
    }

    private void CompareBatch()
    {
        if (_expected.TryGetProperty("batch", out JsonElement batch))
        {
            TextEncoding[] rows = [.. _tokenizer.TokenizeAll(TokenizerAnswers.Ids(batch.GetProperty("texts")).Select(i => ((string?)_texts[i], (string?)null)), Special)];
            foreach ((int i, JsonElement ids) in batch.GetProperty("ids").EnumerateArray().Index())
            {
                TokenizerAnswers.Same(TokenizerAnswers.Ids(ids), rows[i].Ids, $"row {i} of the batch");
            }
        }
    }
}
