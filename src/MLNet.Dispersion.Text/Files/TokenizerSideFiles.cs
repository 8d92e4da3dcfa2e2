using System.Text.Json;

namespace MLNet.Dispersion.Text;

/// <summary>The files beside a vocabulary that say which tokens are special: tokenizer_config.json, special_tokens_map.json, added_tokens.json, config.json. All may be absent.</summary>
internal sealed class TokenizerSideFiles
{
    internal const string ConfigFile = "tokenizer_config.json";
    internal const string MapFile = "special_tokens_map.json";
    private static readonly string[] SingleRoles = ["bos_token", "eos_token", "unk_token", "pad_token", "sep_token", "cls_token", "mask_token"];
    private static readonly string[] ListRoles = ["additional_special_tokens", "extra_special_tokens"];
    private readonly JsonField? _config;
    private readonly JsonField? _map;
    private readonly JsonField? _addedTokens;
    private readonly JsonField? _modelConfig;

    internal TokenizerSideFiles(FileSource source)
    {
        _config = JsonField.ReadIfPresent(source, ConfigFile);
        _map = JsonField.ReadIfPresent(source, MapFile);
        _addedTokens = JsonField.ReadIfPresent(source, "added_tokens.json");
        _modelConfig = JsonField.ReadIfPresent(source, "config.json");
    }

    /// <summary>The class of tokenizer that the checkpoint was made with, such as <c>Qwen2Tokenizer</c>, or null.</summary>
    internal string? TokenizerClass => _config?.Find("tokenizer_class")?.AsString();

    /// <summary>The architecture that config.json names, or null.</summary>
    internal string? ModelType => _modelConfig?.Find("model_type") is { Kind: JsonValueKind.String } type ? type.AsString() : null;

    /// <summary>A switch of tokenizer_config.json, or null where it says nothing.</summary>
    internal bool? Flag(string name) => _config?.Find(name)?.AsBoolean();

    /// <summary>Adds the tokens that the files define or call special.</summary>
    internal void Collect(AddedTokenTable table)
    {
        foreach ((string id, JsonField definition) in _config?.Find("added_tokens_decoder")?.Members() ?? [])
        {
            table.Define(ReadDefinition(definition, ParseId(id, definition)), definition);
        }

        foreach ((string content, JsonField id) in _addedTokens?.Members() ?? [])
        {
            table.Define(new AddedToken(id.AsTokenId(), content, Special: false), id);
        }

        foreach (string content in NamedSpecialTokens())
        {
            table.MarkSpecial(content);
        }
    }

    /// <summary>Whether the tokenizer's own files say something of a role such as <c>bos_token</c>, be it that there is none.</summary>
    internal bool States(string role) => (_config?.FindOrNull(role) ?? _map?.FindOrNull(role)) is not null;

    /// <summary>The id of a role such as <c>bos_token</c>: by name in the tokenizer's files, else by <paramref name="idName"/> in config.json.</summary>
    internal int? RoleId(string role, string idName, AddedTokenTable table)
    {
        JsonField? stated = _config?.FindOrNull(role) ?? _map?.FindOrNull(role);
        if (stated is { } token)
        {
            return token.Kind == JsonValueKind.Null
                ? null
                : table.IdOf(ContentOf(token)) ?? throw token.Fail($"the {role} \"{ContentOf(token)}\" is neither in the vocabulary nor among the added tokens");
        }

        JsonField? id = _modelConfig?.Find(idName);
        if (id is { IsArray: true } list)
        {
            id = list.Items().Select(item => (JsonField?)item).FirstOrDefault();
        }

        return id?.AsTokenId() is { } value && table.ContentOf(value) is not null ? value : null;
    }

    /// <summary>Reads <c>{"content": …, "special": …, "lstrip": …}</c>.</summary>
    internal static AddedToken ReadDefinition(JsonField definition, int id) => new(
        id,
        definition.Get("content").AsString(),
        definition.Find("special")?.AsBoolean() ?? false,
        definition.Find("lstrip")?.AsBoolean() ?? false,
        definition.Find("rstrip")?.AsBoolean() ?? false,
        definition.Find("single_word")?.AsBoolean() ?? false,
        definition.Find("normalized")?.AsBoolean() ?? false);

    private static int ParseId(string id, JsonField where) =>
        int.TryParse(id, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out int value) && value <= TokenId.Largest
            ? value
            : throw where.Fail($"its name must be a token id from 0 to {TokenId.Largest}");

    private static string ContentOf(JsonField token) => (token.IsObject ? token.Get("content") : token).AsString();

    private IEnumerable<string> NamedSpecialTokens()
    {
        foreach (JsonField file in new[] { _config, _map }.OfType<JsonField>())
        {
            foreach (JsonField token in SingleRoles.Select(file.Find).OfType<JsonField>())
            {
                yield return ContentOf(token);
            }

            foreach (JsonField list in ListRoles.Select(file.Find).OfType<JsonField>())
            {
                IEnumerable<JsonField> tokens = list.IsObject ? list.Members().Select(m => m.Value) : list.Items();
                foreach (JsonField token in tokens)
                {
                    yield return ContentOf(token);
                }
            }
        }
    }
}
