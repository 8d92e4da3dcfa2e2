using System.Globalization;
using System.Text.Json;

namespace MLNet.Dispersion.Text;

/// <summary>The files beside a vocabulary: tokenizer_config.json, special_tokens_map.json, added_tokens.json, config.json. All may be absent.</summary>
internal sealed class SideFiles
{
    internal const string ConfigFile = "tokenizer_config.json";
    internal const string MapFile = "special_tokens_map.json";
    internal const string AddedFile = "added_tokens.json";
    private readonly JsonField? _config;
    private readonly JsonField? _map;
    private readonly JsonField? _added;
    private readonly JsonField? _model;

    internal SideFiles(FileSource source)
    {
        _config = source.Contains(ConfigFile) ? JsonField.Read(source, ConfigFile, allowDuplicates: false) : null;
        _map = JsonField.ReadIfPresent(source, MapFile);
        _added = JsonField.ReadIfPresent(source, AddedFile);
        _model = JsonField.ReadIfPresent(source, "config.json");
        _config?.RequireTexts();
    }

    /// <summary>The roles of special tokens, in the order in which the reference adds them.</summary>
    internal static IReadOnlyList<string> Roles { get; } = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    /// <summary>The class of tokenizer that the checkpoint was made with, without "Fast"; or null.</summary>
    internal string? TokenizerClass => Name(_config) ?? Name(_model);

    /// <summary>The architecture that config.json names, or null.</summary>
    internal string? ModelType => _model?.Find("model_type") is { Kind: JsonValueKind.String } type ? type.AsString() : null;

    /// <summary>Whether tokens are defined with their ids, so that special_tokens_map.json and added_tokens.json count no more.</summary>
    internal bool HasDefinitions => _config?.Find("added_tokens_decoder") is not null;

    /// <summary>Whether extra special tokens are a list, which transformers 4 cannot read.</summary>
    internal bool HasListOfExtraTokens => _config?.Find("extra_special_tokens") is { IsArray: true };

    /// <summary>A switch of tokenizer_config.json, or null where it says nothing.</summary>
    internal bool? Flag(string name) => _config?.Find(name)?.AsBoolean();

    /// <summary>Whether tokenizer_config.json has a member that is not null.</summary>
    internal bool Has(string name) => _config?.Find(name) is not null;

    /// <summary>A number of tokenizer_config.json, or null where it says nothing or one that is no length.</summary>
    internal int? Length(string name) => _config?.Find(name) is { Kind: JsonValueKind.Number } number && number.AsDouble() is >= 0 and <= int.MaxValue and var value ? (int)value : null;

    /// <summary>A side of tokenizer_config.json.</summary>
    internal TextSide? Side(string name) => _config?.Find(name) is not { } field ? null : field.AsString() switch
    {
        "left" => TextSide.Left,
        "right" => TextSide.Right,
        _ => throw field.Fail("it must be left or right"),
    };

    /// <summary>Whether the tokenizer's own files say something of a role such as <c>bos_token</c>, be it that there is none.</summary>
    internal bool States(string role) => Stated(role) is not null;

    /// <summary>The token of a role, or null.</summary>
    internal SideToken? Role(string role) => Stated(role) is { } field && field.Kind != JsonValueKind.Null ? Token(field) : null;

    /// <summary>The field that states a role, for messages.</summary>
    internal JsonField? Stated(string role)
    {
        // Where tokens are not defined with their ids, the map counts more than the configuration.
        JsonField? config = _config?.FindOrNull(role);
        return HasDefinitions ? config ?? null : _map?.FindOrNull(role) ?? config;
    }

    /// <summary>What tokenizer_config.json itself says of a role, or null.</summary>
    internal JsonField? Configured(string role) => _config?.Find(role);

    /// <summary>The id that config.json gives a role, the first of several; or null.</summary>
    internal int? ModelId(string name)
    {
        JsonField? id = _model?.Find(name);
        if (id is { IsArray: true } list)
        {
            id = list.Items().Select(item => (JsonField?)item).FirstOrDefault();
        }

        return id?.AsTokenId();
    }

    /// <summary>The tokens that are defined with their ids, in the order of these.</summary>
    internal IReadOnlyList<SideToken> Definitions()
    {
        if (_added is null && !HasDefinitions)
        {
            return [];
        }

        var tokens = new List<NumberedToken>();
        if (_config?.Find("added_tokens_decoder") is { } decoder)
        {
            foreach ((string name, JsonField value) in decoder.Members())
            {
                tokens.Add(new NumberedToken(Id(name, value), Defined(value)));
            }
        }
        else if (_added is { } added)
        {
            HashSet<string> special = [.. Roles.Select(Role).OfType<SideToken>().Select(t => t.Content), .. Additional().Select(t => t.Content)];
            foreach ((string name, JsonField value) in added.Members())
            {
                tokens.Add(new NumberedToken(value.AsTokenId(), new SideToken(name) { Special = special.Contains(name), Normalized = !special.Contains(name), IsDefinition = true }));
            }
        }

        return [.. tokens.OrderBy(token => token.Id).Select(token => token.Token)];
    }

    /// <summary>The further special tokens.</summary>
    internal IReadOnlyList<SideToken> Additional()
    {
        var tokens = new List<SideToken>();
        var texts = new HashSet<string>(StringComparer.Ordinal);
        void Add(JsonField field)
        {
            SideToken token = Token(field);
            if (texts.Add(token.Content))
            {
                tokens.Add(token);
            }
        }

        void AddAll(JsonField? list)
        {
            if (list is { } given)
            {
                foreach (JsonField item in given.Items())
                {
                    Add(item);
                }
            }
        }

        AddAll(_config?.Find("additional_special_tokens"));
        if (!HasDefinitions)
        {
            AddAll(_map?.Find("additional_special_tokens"));
        }

        if (_config?.Find("extra_special_tokens") is { IsObject: true } extra)
        {
            foreach ((_, JsonField value) in extra.Members())
            {
                Add(value);
            }
        }
        else
        {
            AddAll(_config?.Find("extra_special_tokens"));
        }

        return tokens;
    }

    private static string? Name(JsonField? file) => file?.Find("tokenizer_class") is { Kind: JsonValueKind.String } name
        ? name.AsString() is var text && text.EndsWith("Fast", StringComparison.Ordinal) && text != "PreTrainedTokenizerFast" ? text[..^"Fast".Length] : text
        : null;

    private static int Id(string id, JsonField where) => int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value <= TokenId.Largest
        ? value
        : throw where.Fail($"its name must be a token id from 0 to {TokenId.Largest}");

    private static SideToken Token(JsonField field)
    {
        if (!field.IsObject)
        {
            return new SideToken(field.AsString());
        }

        return Defined(field);
    }

    private static SideToken Defined(JsonField field)
    {
        bool special = field.Find("special")?.AsBoolean() ?? false;
        string content = field.Get("content").AsString();
        return content.Length == 0 ? throw field.Fail("an added token must not be empty") : new SideToken(content)
        {
            IsDefinition = true,
            Special = special,
            LeftStrip = field.Find("lstrip")?.AsBoolean() ?? false,
            RightStrip = field.Find("rstrip")?.AsBoolean() ?? false,
            SingleWord = field.Find("single_word")?.AsBoolean() ?? false,
            Normalized = field.Find("normalized")?.AsBoolean(),
        };
    }
}

/// <summary>A token with its id as a side file says it.</summary>
internal sealed record NumberedToken(int Id, SideToken Token);

/// <summary>A token as a side file names it: by its text alone, or with all flags.</summary>
internal sealed record SideToken(string Content)
{
    /// <summary>Whether flags are stated.</summary>
    internal bool IsDefinition { get; init; }

    internal bool Special { get; init; }

    internal bool LeftStrip { get; init; }

    internal bool RightStrip { get; init; }

    internal bool SingleWord { get; init; }

    /// <summary>Whether it is normalized; null: unless it is special.</summary>
    internal bool? Normalized { get; init; }

    /// <summary>The token to add.</summary>
    internal AddedToken ToAdded(bool special) => new(Content)
    {
        Special = Special || special,
        LeftStrip = LeftStrip,
        RightStrip = RightStrip,
        SingleWord = SingleWord,
        Normalized = Normalized ?? !(Special || special),
    };
}
