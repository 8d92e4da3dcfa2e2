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

    /// <summary>The file's contents to start from; empty where there is none.</summary>
    internal static JsonObject Original(FileSource? source, string fileName) =>
        source?.Contains(fileName) == true ? JsonField.Read(source, fileName, allowDuplicates: false).ToObject() : [];

    /// <summary>States the added tokens and the beginning and end tokens, so that no other file is needed to know them.</summary>
    internal static void SetTokens(JsonObject config, IReadOnlyList<AddedToken> tokens, Func<int, string> contentOf, int? bos, int? eos)
    {
        var decoder = new JsonObject();
        foreach (AddedToken token in tokens)
        {
            decoder[token.Id.ToString(CultureInfo.InvariantCulture)] = new JsonObject
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
        SetRole(config, "bos_token", bos, contentOf);
        SetRole(config, "eos_token", eos, contentOf);
    }

    /// <summary>The special tokens map: the original one, or one made from <paramref name="config"/>.</summary>
    internal static JsonObject SpecialTokensMap(JsonObject config, FileSource? source)
    {
        JsonObject map = Original(source, TokenizerSideFiles.MapFile);
        foreach (string role in (string[])["bos_token", "eos_token", "unk_token", "pad_token"])
        {
            if (!map.ContainsKey(role) && config[role] is { } token)
            {
                map[role] = token.DeepClone();
            }
        }

        return map;
    }

    internal static byte[] Bytes(JsonObject value) => JsonSerializer.SerializeToUtf8Bytes(value, Indented);

    private static void SetRole(JsonObject config, string role, int? id, Func<int, string> contentOf)
    {
        if (config[role] is JsonObject && id is not null)
        {
            return;
        }

        config[role] = id is { } value ? contentOf(value) : null;
    }
}
