using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Text;

/// <summary>Writes tokenizer_config.json and special_tokens_map.json, keeping what the original ones say besides.</summary>
internal static class TokenizerConfigWriter
{
    // Text as it is, not escaped: so Hugging Face's library writes these files.
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The file's contents to start from; null where there is none.</summary>
    internal static JsonField? Original(FileSource source, string fileName)
    {
        if (!source.Contains(fileName))
        {
            return null;
        }

        var file = JsonField.Read(source, fileName, allowDuplicates: false);
        file.RequireTexts();
        return file;
    }

    /// <summary>States the added tokens and the tokens of roles, so that no other file is needed to know them.</summary>
    /// <param name="config">What is written.</param>
    /// <param name="added">The added tokens.</param>
    /// <param name="stated">The token that the files state for a role, or null.</param>
    /// <param name="bos">The beginning token, or null.</param>
    /// <param name="eos">The end token, or null.</param>
    internal static void SetTokens(JsonObject config, AddedVocabulary added, Func<string, string?> stated, int? bos, int? eos)
    {
        var decoder = new JsonObject();
        foreach ((int id, AddedToken token) in added.Tokens.OrderBy(t => t.Key))
        {
            decoder[id.ToString(CultureInfo.InvariantCulture)] = new JsonObject
            {
                ["content"] = token.Content,
                ["lstrip"] = token.LeftStrip,
                ["normalized"] = token.Normalized,
                ["rstrip"] = token.RightStrip,
                ["single_word"] = token.SingleWord,
                ["special"] = token.Special,
            };
        }

        config["added_tokens_decoder"] = decoder;
        SetRole(config, "bos_token", bos is { } first ? added.TextOf(first) : null);
        SetRole(config, "eos_token", eos is { } last ? added.TextOf(last) : null);
        foreach (string role in SideFiles.Roles.Skip(2))
        {
            if (stated(role) is { } text && config[role] is not JsonObject)
            {
                config[role] = text;
            }
        }
    }

    /// <summary>The special tokens map: the original one, filled up from <paramref name="config"/>.</summary>
    internal static JsonObject SpecialTokensMap(JsonObject config, JsonObject map)
    {
        foreach (string role in SideFiles.Roles)
        {
            if (!map.ContainsKey(role) && config[role] is { } token)
            {
                map[role] = token.DeepClone();
            }
        }

        return map;
    }

    internal static byte[] Bytes(JsonObject value) => JsonSerializer.SerializeToUtf8Bytes(value, Indented);

    private static void SetRole(JsonObject config, string role, string? content)
    {
        if (config[role] is JsonObject && content is not null)
        {
            return;
        }

        config[role] = content;
    }
}
