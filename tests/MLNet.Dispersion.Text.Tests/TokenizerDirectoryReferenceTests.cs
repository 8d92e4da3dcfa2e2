using System.Text.Json;

namespace MLNet.Dispersion.Tests.Tokenization;

/// <summary>Folders of models: what transformers' AutoTokenizer makes of them. Where its versions 4 and 5 differ, 4 counts; where 4 refuses and 5 loads, the tokenizer.json by itself.</summary>
public sealed class TokenizerDirectoryReferenceTests : ReferenceTests
{
    private const string Key = "tokenizers/dirs";

    [SkippableFact]
    public void Folders_AllTexts_GiveTheReferencesAnswers() => Check(Key, folder =>
    {
        string[] texts = JsonSerializer.Deserialize<string[]>(File.ReadAllBytes(folder.FileOf("texts.json")))!;
        foreach (string name in Directory.EnumerateDirectories(folder.FullPath).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal))
        {
            var one = new TokenizerDirectoryCase(folder, name, texts);
            if (one.IsRefused)
            {
                folder.MustRefuse(name, () => one.Load());
            }
            else
            {
                folder.Case(name, one.Compare);
            }
        }
    }, TokenizerAnswers.Refuses);
}

/// <summary>The answers to one folder.</summary>
internal sealed class TokenizerDirectoryCase
{
    private readonly ReferenceFolder _folder;
    private readonly string _name;
    private readonly string[] _texts;
    private readonly JsonElement _five;
    private readonly JsonElement? _four;

    public TokenizerDirectoryCase(ReferenceFolder folder, string name, string[] texts)
    {
        _folder = folder;
        _name = name;
        _texts = texts;
        _five = folder.Json(name, "expected.json");
        _four = _five.TryGetProperty("transformers_4", out JsonElement four) && four.ValueKind == JsonValueKind.Object ? four : null;
    }

    /// <summary>Whether both versions refuse.</summary>
    public bool IsRefused => FiveRefuses && (_four is null || FourRefuses);

    private bool FiveRefuses => _five.TryGetProperty("load_error", out _);

    private bool FourRefuses => _four is { } four && four.TryGetProperty("load_error", out _);

    public PipelineTokenizer Load() => (PipelineTokenizer)TextTokenizer.Load(new DirectorySource(_folder.FileOf(_name)));

    public void Compare()
    {
        PipelineTokenizer tokenizer = Load();
        for (int i = 0; i < _texts.Length; i++)
        {
            CompareText(tokenizer, i);
        }

        if (FourRefuses && _five.TryGetProperty("file_alone", out JsonElement alone) && alone.ValueKind == JsonValueKind.Object)
        {
            return;
        }

        ComparePair(tokenizer);
        CompareLimits(tokenizer);
        ComparePadded(tokenizer);
    }

    private void CompareText(PipelineTokenizer tokenizer, int i)
    {
        string where = $"text {i} {JsonSerializer.Serialize(_texts[i])}";
        if (_five.GetProperty("errors").TryGetProperty($"{i}", out JsonElement error))
        {
            TokenizerAnswers.ThrowsOrPanics(error.GetString()!, () => tokenizer.Tokenize(_texts[i]), where);
            return;
        }

        TextEncoding special = tokenizer.Tokenize(_texts[i]);
        if (FourRefuses && _five.TryGetProperty("file_alone", out JsonElement alone) && alone.ValueKind == JsonValueKind.Object)
        {
            TokenizerAnswers.Same(TokenizerAnswers.Ids(alone.GetProperty("ids")[i]), special.Ids, $"ids of {where}");
            return;
        }

        TextEncoding plain = tokenizer.Tokenize(_texts[i], options: new TextEncodingOptions { AddSpecialTokens = false });
        IfMeant("ids", i, value => TokenizerAnswers.Same(TokenizerAnswers.Ids(value), special.Ids, $"ids of {where}"));
        IfMeant("ids", i, value => TokenizerAnswers.Same(TokenizerAnswers.Ids(value), tokenizer.Encode(_texts[i]).Ids, $"ids of {where} by Encode"));
        IfMeant("ids_plain", i, value => TokenizerAnswers.Same(TokenizerAnswers.Ids(value), plain.Ids, $"ids without special tokens of {where}"));
        IfMeant("type_ids", i, value => TokenizerAnswers.Same(value.ValueKind == JsonValueKind.Number ? new int[special.Ids.Count] : TokenizerAnswers.Ids(value), special.TypeIds, $"type ids of {where}"));
        IfMeant("offsets", i, value => TokenizerAnswers.Same(TokenizerAnswers.Ids(value), TokenizerAnswers.Flat(special.CodePointOffsets), $"offsets of {where}"));
        IfMeant("decode", i, value => TokenizerAnswers.SameText(value.GetString()!, tokenizer.Decode(special.Ids, false), $"decode of {where}"));
        IfMeant("decode_skip", i, value => TokenizerAnswers.SameText(value.GetString()!, tokenizer.Decode(special.Ids, true), $"decode_skip of {where}"));
    }

    private void IfMeant(string field, int i, Action<JsonElement> compare)
    {
        if (_folder.IsLenient("dirs", _name, field))
        {
            return;
        }

        JsonElement value = _four is { } four && four.TryGetProperty(field, out JsonElement changed) && changed.TryGetProperty($"{i}", out JsonElement own) ? own : _five.GetProperty(field)[i];
        if (value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Object))
        {
            compare(value);
        }
    }

    private JsonElement? Whole(string field) => _folder.IsLenient("dirs", _name, field) ? null
        : _four is { } four && four.TryGetProperty(field, out JsonElement own) ? own
        : _five.TryGetProperty(field, out JsonElement value) ? value
        : null;

    private void ComparePair(PipelineTokenizer tokenizer)
    {
        if (Whole("pair") is { } pair && pair.TryGetProperty("ids", out _))
        {
            TokenizerAnswers.SameRow(pair, tokenizer.Tokenize(_texts[pair.GetProperty("a").GetInt32()], _texts[pair.GetProperty("b").GetInt32()]), "the pair");
        }
    }

    private void CompareLimits(PipelineTokenizer tokenizer)
    {
        // The README says which text it is.
        const int Cut = 16;
        if (Whole("truncated_to_6") is { ValueKind: JsonValueKind.Array } six)
        {
            var options = new TextEncodingOptions { Truncation = new TextTruncation { MaxLength = 6, Side = tokenizer.TruncationSide } };
            TokenizerAnswers.Same(TokenizerAnswers.Ids(six), tokenizer.Tokenize(_texts[Cut], options: options).Ids, "ids cut to 6");
        }

        if (Whole("model_max_length") is { ValueKind: JsonValueKind.Number } limit)
        {
            Assert.Equal(limit.GetInt32(), tokenizer.ModelMaxLength);
        }
    }

    private void ComparePadded(PipelineTokenizer tokenizer)
    {
        if (Whole("padded") is not { } padded || !padded.TryGetProperty("ids", out JsonElement rows))
        {
            return;
        }

        var padding = new TextPadding { TokenId = tokenizer.PadTokenId!.Value, Token = tokenizer.TokenOf(tokenizer.PadTokenId.Value)!, Side = tokenizer.PaddingSide };
        IReadOnlyList<TextEncoding> actual = tokenizer.TokenizeAll([(_texts[0], null), (_texts[2], null), ("", null)], new TextEncodingOptions { Padding = padding });
        foreach ((int i, JsonElement row) in rows.EnumerateArray().Index())
        {
            TokenizerAnswers.Same(TokenizerAnswers.Ids(row), actual[i].Ids, $"padded row {i}");
            TokenizerAnswers.Same(TokenizerAnswers.Ids(padded.GetProperty("attention_mask")[i]), actual[i].AttentionMask.Select(flag => flag ? 1 : 0), $"attention mask of padded row {i}");
        }
    }
}
