using System.Text.Json;
using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Tests.Tokenization;

/// <summary>Small cases, one of each switch of each component.</summary>
public sealed class TokenizerMatrixReferenceTests : ReferenceTests
{
    private const string Key = "tokenizers/matrix";

    [SkippableFact]
    public void Components_AllCases_GiveTheReferencesAnswers() => Check(Key, folder =>
    {
        foreach (string path in Directory.EnumerateFiles(folder.FullPath, "*.json.gz").Order(StringComparer.Ordinal))
        {
            string part = Path.GetFileName(path)[..^".json.gz".Length];
            JsonElement file = TokenizerAnswers.Unzip(path);
            if (!file.TryGetProperty("cases", out JsonElement cases))
            {
                continue;
            }

            foreach (JsonElement entry in cases.EnumerateArray())
            {
                string name = entry.TryGetProperty("id", out JsonElement id) ? id.GetString()! : entry.GetProperty("tokenizer").GetString()!;
                var one = new TokenizerMatrixCase(folder, part, name, file, entry);
                if (entry.TryGetProperty("load_error", out _))
                {
                    folder.MustRefuse($"{part} {name}", () => one.Load());
                }
                else
                {
                    folder.Case($"{part} {name}", one.Compare);
                }
            }
        }
    }, TokenizerAnswers.Refuses);
}

/// <summary>A case of the matrix: a base file, of which some top-level fields are replaced.</summary>
internal sealed class TokenizerMatrixCase(ReferenceFolder folder, string part, string name, JsonElement file, JsonElement entry)
{
    private static readonly TextEncodingOptions Plain = new() { AddSpecialTokens = false, UseFileLimits = true, ReturnOverflowing = true };
    private static readonly TextEncodingOptions Special = new() { UseFileLimits = true, ReturnOverflowing = true };

    /// <summary>Loads the tokenizer of the case.</summary>
    public PipelineTokenizer Load()
    {
        if (entry.TryGetProperty("tokenizer", out JsonElement whole))
        {
            return Load(File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(folder.FullPath)!, "full", whole.GetString()!, "tokenizer.json")));
        }

        if (entry.TryGetProperty("file", out JsonElement complete))
        {
            return Load(JsonSerializer.SerializeToUtf8Bytes(complete));
        }

        JsonElement from = entry.TryGetProperty("base", out JsonElement own) ? own : file.GetProperty("base");
        JsonObject json = from.ValueKind == JsonValueKind.Null ? new JsonObject() : ReadBase(from.GetString()!);
        foreach (JsonProperty field in entry.GetProperty("override").EnumerateObject())
        {
            json[field.Name] = JsonNode.Parse(field.Value.GetRawText());
        }

        return Load(JsonSerializer.SerializeToUtf8Bytes(json));
    }

    public void Compare()
    {
        PipelineTokenizer tokenizer = Load();
        string[] texts = Texts();
        foreach (JsonProperty field in entry.EnumerateObject())
        {
            if (!folder.IsLenient($"matrix/{part}", name, field.Name))
            {
                CompareField(tokenizer, field.Name, field.Value, texts);
            }
        }
    }

    private JsonObject ReadBase(string fileName) => JsonNode.Parse(folder.Has(fileName)
        ? File.ReadAllText(folder.FileOf(fileName))
        : TokenizerAnswers.Unzip(folder.FileOf(fileName + ".gz")).GetRawText())!.AsObject();

    private static PipelineTokenizer Load(byte[] json)
    {
        var source = new MemorySource();
        source["tokenizer.json"] = json;
        return (PipelineTokenizer)TextTokenizer.Load(source);
    }

    private string[] Texts()
    {
        JsonElement texts = entry.TryGetProperty("texts", out JsonElement own) ? own : file.TryGetProperty("texts", out JsonElement shared) ? shared : default;
        return texts.ValueKind switch
        {
            JsonValueKind.Array => texts.Deserialize<string[]>()!,
            JsonValueKind.String => JsonSerializer.Deserialize<string[]>(File.ReadAllBytes(folder.FileOf(texts.GetString()!)))!,
            _ => [],
        };
    }

    private void CompareField(PipelineTokenizer tokenizer, string field, JsonElement expected, string[] texts)
    {
        switch (field)
        {
            case "normalized":
                ForTexts(expected, texts, (text, value, where) => TokenizerAnswers.SameText(value.GetString()!, tokenizer.Pipeline.Normalizer?.Normalize(text) ?? text, where));
                break;
            case "pieces":
                ForTexts(expected, texts, (text, value, where) => ComparePieces(tokenizer, text, value, where));
                break;
            case "ids":
                ForTexts(expected, texts, (text, value, where) => TokenizerAnswers.Same(TokenizerAnswers.Ids(value), tokenizer.Tokenize(text, options: Plain).Ids, where));
                break;
            case "ids_specials_as_text":
                ForTexts(expected, texts, (text, value, where) => Listed(value, () => TokenizerAnswers.Same(TokenizerAnswers.Ids(value), tokenizer.Tokenize(text, options: Plain with { SpecialTokensAsText = true }).Ids, where)));
                break;
            case "tokens":
                ForTexts(expected, texts, (text, value, where) => TokenizerAnswers.Same(value.Deserialize<string[]>()!, tokenizer.Tokenize(text, options: Plain).Tokens, where));
                break;
            case "offsets":
                ForTexts(expected, texts, (text, value, where) =>
                {
                    if (!Beyond(Array.IndexOf(texts, text)))
                    {
                        TokenizerAnswers.Same(TokenizerAnswers.Ids(value), TokenizerAnswers.Flat(tokenizer.Tokenize(text, options: Plain).CodePointOffsets), $"offsets of {where}");
                    }
                });
                break;
            case "offsets_utf16":
                ForTexts(expected, texts, (text, value, where) => CompareUnitOffsets(tokenizer, text, value, where));
                break;
            case "errors":
                foreach (JsonProperty error in expected.EnumerateObject())
                {
                    int i = int.Parse(error.Name, System.Globalization.CultureInfo.InvariantCulture);
                    TokenizerAnswers.ThrowsOrPanics(error.Value.GetString()!, () => tokenizer.Tokenize(texts[i], options: Plain), $"text {i}");
                }

                break;
            case "decode" or "decode_skip":
                CompareDecoded(tokenizer, field, expected, texts);
                break;
            case "stream_skip":
                CompareStreams(tokenizer, expected);
                break;
            case "token_to_id":
                foreach (JsonProperty token in expected.EnumerateObject())
                {
                    Assert.True(tokenizer.IdOf(token.Name) == (token.Value.ValueKind == JsonValueKind.Null ? null : token.Value.GetInt32()), $"id of {token.Name}: expected {token.Value}, got {tokenizer.IdOf(token.Name)}");
                }

                break;
            case "vocab_size":
                Assert.Equal([expected[0].GetInt32(), expected[1].GetInt32()], new[] { tokenizer.Pipeline.Model.Count, tokenizer.Pipeline.Added.Count });
                break;
            case "vocab":
                foreach (JsonProperty token in expected.EnumerateObject())
                {
                    Assert.True(tokenizer.IdOf(token.Name) == token.Value.GetInt32(), $"id of {token.Name}: expected {token.Value}, got {tokenizer.IdOf(token.Name)}");
                }

                break;
            case "special_single":
                Assert.Equal(expected.GetInt32(), tokenizer.Pipeline.Processor?.AddedCount(pair: false) ?? 0);
                break;
            case "special_pair":
                Assert.Equal(expected.GetInt32(), tokenizer.Pipeline.Processor?.AddedCount(pair: true) ?? 0);
                break;
            case "rows":
                CompareRows(tokenizer, expected);
                break;
            case "batch" or "batch_plain":
                CompareBatch(expected, () => tokenizer.TokenizeAll(texts.Select(text => ((string?)text, (string?)null)), field == "batch" ? Special : Plain), field);
                break;
            case "batch_one_by_one":
                CompareOneByOne(expected, texts, text => tokenizer.TokenizeAll([(text, null)], Special));
                break;
            case "pairs":
                CompareBatch(expected, () => tokenizer.TokenizeAll(Pairs().Select(pair => ((string?)pair[0], (string?)pair[1])), Special), field);
                break;
            case "pairs_one_by_one":
                CompareOneByOne(expected, Pairs(), pair => tokenizer.TokenizeAll([(pair[0], pair[1])], Special));
                break;
            case "pair_0_1":
                TokenizerAnswers.SameRow(expected, tokenizer.TokenizeWords(Words(0), Words(1), Special), "the pair of words");
                break;
            default:
                break;
        }
    }

    /// <summary>Compares where there is a list; where the reference crashed there is a text.</summary>
    private static void Listed(JsonElement value, Action compare)
    {
        if (value.ValueKind == JsonValueKind.Array)
        {
            compare();
        }
    }

    private string[][] Pairs() => file.GetProperty("pairs").Deserialize<string[][]>()!;

    private string[] Words(int i) => file.GetProperty("words")[i].Deserialize<string[]>()!;

    private static void ForTexts(JsonElement expected, string[] texts, Action<string, JsonElement, string> compare)
    {
        foreach ((int i, JsonElement value) in expected.EnumerateArray().Index())
        {
            if (value.ValueKind != JsonValueKind.Null)
            {
                compare(texts[i], value, $"text {i} {JsonSerializer.Serialize(texts[i])}");
            }
        }
    }

    /// <summary>Whether the reference's own offsets go past the end of the text.</summary>
    private bool Beyond(int text) => entry.TryGetProperty("offsets_utf16", out JsonElement offsets) && offsets[text].ValueKind == JsonValueKind.String;

    private static void CompareUnitOffsets(PipelineTokenizer tokenizer, string text, JsonElement expected, string where)
    {
        if (expected.ValueKind == JsonValueKind.Array)
        {
            TokenizerAnswers.Same(TokenizerAnswers.Ids(expected), TokenizerAnswers.Flat(tokenizer.Tokenize(text, options: Plain).Offsets), $"UTF-16 offsets of {where}");
        }
    }

    private static void ComparePieces(PipelineTokenizer tokenizer, string text, JsonElement expected, string where)
    {
        var pieces = new List<AlignedText>();
        if (text.Length > 0 && tokenizer.Pipeline.Cutter is { } cutter)
        {
            cutter.Cut(new AlignedText(text), pieces);
        }
        else if (text.Length > 0)
        {
            pieces.Add(new AlignedText(text));
        }

        var map = CodePointMap.Of(text);
        string[] actual = [.. pieces.Select(piece =>
        {
            (int start, int end) = piece.OriginalRange(0, piece.Length);
            string slice = text[start..end] == piece.ToString() ? "" : " " + JsonSerializer.Serialize(piece.ToString());
            return $"{map.ToCodePoints(start)}-{map.ToCodePoints(end)}{slice}";
        })];
        string[] wanted = [.. expected.EnumerateArray().Where(piece => text.Length > 0 || piece[1].GetInt32() > 0).Select(piece => $"{piece[0]}-{piece[1]}{(piece.GetArrayLength() > 2 ? " " + JsonSerializer.Serialize(piece[2].GetString()) : "")}")];
        TokenizerAnswers.Same(wanted, actual, $"pieces of {where}");
    }

    private void CompareDecoded(PipelineTokenizer tokenizer, string field, JsonElement expected, string[] texts)
    {
        bool skip = field == "decode_skip";
        int[][] sequences = file.TryGetProperty("sequences", out JsonElement lists)
            ? lists.Deserialize<int[][]>()!
            : [.. entry.GetProperty("ids").EnumerateArray().Select(ids => ids.ValueKind == JsonValueKind.Null ? [] : TokenizerAnswers.Ids(ids))];
        foreach ((int i, JsonElement text) in expected.EnumerateArray().Index())
        {
            if (text.ValueKind == JsonValueKind.String)
            {
                TokenizerAnswers.SameText(text.GetString()!, tokenizer.Decode(sequences[i], skip), $"{field} of [{string.Join(' ', sequences[i])}]");
            }
        }
    }

    private void CompareStreams(PipelineTokenizer tokenizer, JsonElement expected)
    {
        int[][] sequences = file.GetProperty("sequences").Deserialize<int[][]>()!;
        foreach ((int i, JsonElement steps) in expected.EnumerateArray().Index())
        {
            if (steps.ValueKind != JsonValueKind.Array)
            {
                continue;
            }

            TextDecodeStream stream = tokenizer.DecodeStream(skipSpecialTokens: true);
            foreach ((int at, JsonElement step) in steps.EnumerateArray().Index())
            {
                if (step.ValueKind == JsonValueKind.Object)
                {
                    // The reference crashed here.
                    break;
                }

                string? added = stream.Add(sequences[i][at]);
                Assert.True(added == step.GetString(), $"step {at} of [{string.Join(' ', sequences[i])}]: expected {step}, got {added}");
            }
        }
    }

    private void CompareRows(PipelineTokenizer tokenizer, JsonElement expected)
    {
        foreach ((int i, JsonElement row) in expected.EnumerateArray().Index())
        {
            Func<TextEncoding> use = () => row.TryGetProperty("text", out JsonElement text) ? tokenizer.Tokenize(text.GetString(), options: Special)
                : row.TryGetProperty("a", out JsonElement a) ? tokenizer.Tokenize(a.GetString(), row.GetProperty("b").GetString(), Special)
                : tokenizer.TokenizeWords(Words(i), options: Special);
            if (row.TryGetProperty("error", out JsonElement error))
            {
                TokenizerAnswers.ThrowsOrPanics(error.GetString()!, () => use(), $"row {i}");
            }
            else
            {
                TokenizerAnswers.SameRow(row, use(), $"row {i}");
            }
        }
    }

    private static void CompareBatch(JsonElement expected, Func<IReadOnlyList<TextEncoding>> encode, string what)
    {
        if (expected.ValueKind == JsonValueKind.Object)
        {
            TokenizerAnswers.ThrowsOrPanics(expected.GetProperty("error").GetString()!, () => encode(), what);
            return;
        }

        IReadOnlyList<TextEncoding> rows = encode();
        foreach ((int i, JsonElement row) in expected.EnumerateArray().Index())
        {
            TokenizerAnswers.SameRow(row, rows[i], $"row {i} of {what}");
        }
    }

    private static void CompareOneByOne<T>(JsonElement expected, T[] inputs, Func<T, IReadOnlyList<TextEncoding>> encode)
    {
        foreach ((int i, JsonElement rows) in expected.EnumerateArray().Index())
        {
            CompareBatch(rows, () => encode(inputs[i]), $"input {i} by itself");
        }
    }
}
