using System.Globalization;
using System.Text.Json.Nodes;
using static MLNet.Dispersion.Models.GgufTokenType;

namespace MLNet.Dispersion.Models;

/// <summary>Says a tokenizer as the keys of a GGUF file do: the other way round of <see cref="GgufTokenizer"/>.</summary>
/// <remarks>llama.cpp splits texts by code of its own, which it chooses by a name. A tokenizer that none of them splits like is refused.</remarks>
internal sealed class GgufTokenizerKeys
{
    private const float ScoreOfControls = -1000;

    private readonly GgufMetadata _metadata;
    private readonly GgufTokenizerFiles _files;
    private readonly JsonObject _model;
    private readonly string[] _tokens;
    private readonly int[] _types;

    private GgufTokenizerKeys(GgufMetadata metadata, GgufTokenizerFiles files, int rows)
    {
        (_metadata, _files) = (metadata, files);
        _model = Json(_files.Tokenizer, "model") ?? throw Refused("it says no model");
        if (Word(_model, "type") is not (null or "BPE"))
        {
            throw Refused($"its model is {Word(_model, "type")}; byte-level BPE and sentence pieces with BPE merges are written");
        }

        _tokens = new string[rows];
        _types = [.. Enumerable.Repeat(Unused, rows)];
        foreach (var (token, id) in Json(_model, "vocab") ?? throw Refused("its model has no vocabulary"))
        {
            Put((int)id!, token, Normal);
        }

        foreach (JsonObject added in Added)
        {
            Put((int)added["id"]!, Word(added, "content")!, Is(added, "special") ? Control : UserDefined);
        }

        for (int id = 0; id < rows; id++)
        {
            _tokens[id] ??= string.Create(CultureInfo.InvariantCulture, $"[PAD{id}]");
        }

        if (_tokens.GroupBy(token => token, StringComparer.Ordinal).FirstOrDefault(same => same.Count() > 1) is { } twice)
        {
            throw Refused($"the token '{Printable.Name(twice.Key)}' is there twice, at which llama.cpp ends the process");
        }
    }

    private IEnumerable<JsonObject> Added => (_files.Tokenizer["added_tokens"] as JsonArray ?? []).OfType<JsonObject>();

    /// <summary>Adds the keys.</summary>
    /// <param name="metadata">The keys; those of the architecture are there.</param>
    /// <param name="architecture">The architecture.</param>
    /// <param name="files">The tokenizer.</param>
    /// <param name="rows">The rows of the token embedding.</param>
    /// <exception cref="NotSupportedException">llama.cpp would cut texts otherwise; the message says where.</exception>
    internal static void Add(GgufMetadata metadata, string architecture, GgufTokenizerFiles files, int rows)
    {
        var keys = new GgufTokenizerKeys(metadata, files, rows);
        bool pieces = Is(keys._model, "byte_fallback");
        keys.CheckAdded(architecture, pieces);
        if (pieces)
        {
            keys.Pieces();
        }
        else
        {
            keys.Bytes();
        }

        keys.Frame();
        keys.Templates();
    }

    private void Put(int id, string token, int type)
    {
        if (id >= _tokens.Length)
        {
            throw Refused($"its token '{Printable.Name(token)}' has the id {id.ToString(CultureInfo.InvariantCulture)}, and the embedding {_tokens.Length.ToString(CultureInfo.InvariantCulture)} rows. Take the token out of tokenizer.json");
        }

        (_tokens[id], _types[id]) = (token, type);
    }

    // llama.cpp finds such tokens wherever they stand and takes nothing beside them; of Phi 3 it knows, by the model's name, that blanks behind them go.
    private void CheckAdded(string architecture, bool pieces)
    {
        foreach (JsonObject token in Added)
        {
            string? flag = new[] { "single_word", "lstrip", "rstrip" }.FirstOrDefault(name => Is(token, name));
            if (flag is not null && !(flag == "rstrip" && architecture == "phi3" && pieces))
            {
                throw Refused($"its token '{Printable.Name(Word(token, "content") ?? "")}' is found with {flag}, which llama.cpp does not do");
            }
        }
    }

    private void Bytes()
    {
        Metadata("model", "gpt2");
        Metadata("pre", GgufTokenizer.NameOf(Rule()) ?? throw Refused("llama.cpp knows no name for the way in which its pre_tokenizer splits texts"));
        _metadata.Texts(GgufTokenizer.Key("tokens"), _tokens);
        _metadata.Signed(GgufTokenizer.Key("token_type"), _types);
        _metadata.Texts(GgufTokenizer.Key("merges"), Merges().Select(merge => $"{merge.Left} {merge.Right}"));
    }

    private void Pieces()
    {
        Metadata("model", "llama");
        Metadata("pre", "default");
        int? unknown = Word(_model, "unk_token") is { } token ? Array.IndexOf(_tokens, token) : null;
        for (int id = 0; id < _tokens.Length; id++)
        {
            _types[id] = _types[id] switch
            {
                Normal when id == unknown => Unknown,
                Normal when IsByte(_tokens[id]) => GgufTokenType.Byte,
                var other => other,
            };
        }

        _metadata.Texts(GgufTokenizer.Key("tokens"), _tokens);
        _metadata.Numbers(GgufTokenizer.Key("scores"), Scores());
        _metadata.Signed(GgufTokenizer.Key("token_type"), _types);
        _metadata.Flag(GgufTokenizer.Key("add_space_prefix"), PutsASpaceBefore());
    }

    // The higher a score, the earlier two pieces are merged into it: as the merges' order says.
    private float[] Scores()
    {
        var rank = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (left, right) in Merges())
        {
            rank.TryAdd(left + right, rank.Count);
        }

        return [.. _tokens.Select((token, id) => _types[id] is Control or Unknown or Unused ? ScoreOfControls : _types[id] == GgufTokenType.Byte ? 0f : -rank.GetValueOrDefault(token, rank.Count))];
    }

    private (string Left, string Right)[] Merges() => [.. (_model["merges"] as JsonArray ?? throw Refused("its model has no merges")).Select(merge => merge switch
    {
        JsonArray { Count: 2 } pair => ((string)pair[0]!, (string)pair[1]!),
        JsonValue text when (string?)text is { } line && line.IndexOf(' ', StringComparison.Ordinal) is > 0 and var at => (line[..at], line[(at + 1)..]),
        _ => throw Refused("a merge is no pair of parts"),
    })];

    private GgufSplit Rule()
    {
        JsonObject? normalizer = Json(_files.Tokenizer, "normalizer");
        bool composes = normalizer is not null && Word(normalizer, "type") == "NFC";
        if (normalizer is not null && !composes)
        {
            throw Refused($"its normalizer is {Word(normalizer, "type")}; llama.cpp has none for this kind");
        }

        JsonObject[] steps = [.. Steps(Json(_files.Tokenizer, "pre_tokenizer"), "pretokenizers")];
        if (steps.Length is < 1 or > 2 || Word(steps[^1], "type") != "ByteLevel" || Is(steps[^1], "add_prefix_space"))
        {
            throw Refused("its pre_tokenizer is not one of those that llama.cpp knows by name: bytes, with a rule before them or with digits apart, and no blank put before the text");
        }

        bool own = steps[^1]["use_regex"] is not JsonValue flag || (bool)flag;
        JsonObject? before = steps.Length == 2 ? steps[0] : null;
        string? kind = before is null ? null : Word(before, "type");
        string? split = kind == "Split" && !own && Word(before!, "behavior") == "Isolated" && !Is(before!, "invert") ? Word(Json(before!, "pattern") ?? [], "Regex") : null;
        bool digits = kind == "Digits" && own && Is(before!, "individual_digits");
        return (before is null ? own : split is not null || digits)
            ? new GgufSplit(split, digits, composes, Is(_model, "ignore_merges"))
            : throw Refused($"its pre_tokenizer begins with {kind ?? "ByteLevel without its rule"}, in a form that llama.cpp knows no name for");
    }

    private bool PutsASpaceBefore()
    {
        JsonObject[] normalizers = [.. Steps(Json(_files.Tokenizer, "normalizer"), "normalizers")];
        JsonObject? cutter = Json(_files.Tokenizer, "pre_tokenizer");
        if (cutter is not null && Word(cutter, "type") == "Metaspace" && normalizers.Length == 0)
        {
            return (Word(cutter, "prepend_scheme") ?? "always") != "never";
        }

        string[] kinds = [.. normalizers.Select(step => Word(step, "type") ?? "")];
        bool marks = normalizers.All(step => Word(step, "prepend") is null or GgufTokenizer.Word && (Word(step, "type") != "Replace" || (Word(Json(step, "pattern") ?? [], "String") == " " && Word(step, "content") == GgufTokenizer.Word)));
        return marks && cutter is null && kinds is ["Replace"] or ["Prepend", "Replace"]
            ? kinds.Length == 2
            : throw Refused($"it changes texts by {(kinds.Length == 0 ? "nothing" : string.Join(", ", kinds))} and cuts them by {(cutter is null ? "nothing" : Word(cutter, "type"))}; llama.cpp puts a blank before a text, or none, and marks blanks");
    }

    private void Frame()
    {
        int? begin = IdOf("bos"), end = IdOf("eos");
        foreach (var (purpose, id) in new[] { ("bos", begin), ("eos", end), ("unknown", IdOf("unk")), ("padding", IdOf("pad")) })
        {
            if (id is { } known)
            {
                _metadata.Whole(GgufTokenizer.Key(purpose + "_token_id"), known);
            }
        }

        int[] frame = [.. _files.Frame];
        bool before = frame.Length > 0 && frame[0] == begin, behind = frame.Length > (before ? 1 : 0) && frame[^1] == end;
        if (frame.Length != (before ? 1 : 0) + (behind ? 1 : 0))
        {
            throw Refused($"it puts the tokens {string.Join(", ", frame.Select(id => _tokens[id]))} around a text; llama.cpp puts the one that begins a text before it and the one that ends it behind, or none");
        }

        _metadata.Flag(GgufTokenizer.Key("add_bos_token"), before);
        _metadata.Flag(GgufTokenizer.Key("add_eos_token"), behind);
    }

    private void Templates()
    {
        foreach (var (name, text) in _files.Templates)
        {
            _metadata.Text(GgufTokenizer.ChatTemplate + (name is null ? "" : "." + name), text);
        }

        string[] named = [.. _files.Templates.Select(template => template.Name).OfType<string>()];
        if (named.Length > 0)
        {
            _metadata.Texts(GgufTokenizer.ChatTemplate + "s", named);
        }
    }

    // By the token's text in tokenizer_config.json, else by the id in config.json.
    private int? IdOf(string purpose)
    {
        string? token = _files.Config[purpose + "_token"] switch
        {
            JsonObject whole => Word(whole, "content"),
            JsonValue text => (string?)text,
            _ => null,
        };
        int id = token is null ? -1 : Array.IndexOf(_tokens, token);
        return id >= 0 ? id : _files.Ids.TryGetValue(purpose, out int known) && known < _tokens.Length ? known : null;
    }

    private static IEnumerable<JsonObject> Steps(JsonObject? part, string list) =>
        part is null ? [] : Word(part, "type") == "Sequence" ? (part[list] as JsonArray ?? []).OfType<JsonObject>().SelectMany(step => Steps(step, list)) : [part];

    private static bool IsByte(string token) => token is ['<', '0', 'x', var high, var low, '>'] && char.IsAsciiHexDigitUpper(high) && char.IsAsciiHexDigitUpper(low);

    private static JsonObject? Json(JsonObject parent, string name) => parent[name] as JsonObject;

    private static string? Word(JsonObject parent, string name) => parent[name] is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static bool Is(JsonObject parent, string name) => parent[name] is JsonValue value && value.TryGetValue(out bool flag) && flag;

    private void Metadata(string name, string text) => _metadata.Text(GgufTokenizer.Key(name), text);

    private static NotSupportedException Refused(string problem) => new($"llama.cpp would cut texts otherwise than the model's tokenizer does: {problem}");
}
