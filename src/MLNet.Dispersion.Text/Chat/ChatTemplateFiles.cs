using System.Text;
using System.Text.Unicode;

namespace MLNet.Dispersion.Text;

/// <summary>Where the chat templates of a model, and the special tokens that they see, are written.</summary>
internal static class ChatTemplateFiles
{
    internal const string Default = "default";
    internal const string TemplateFile = "chat_template.jinja";
    internal const string Folder = "additional_chat_templates";
    internal const string Extension = ".jinja";
    private const string ConfigFile = "tokenizer_config.json";
    private const string MapFile = "special_tokens_map.json";
    private static readonly string[] Roles = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    /// <summary>The templates with their names.</summary>
    internal static IReadOnlyList<(string Name, string Source)> Templates(FileSource source, ChatTemplateLimits limits) =>
        InFiles(source, limits) is { Count: > 0 } templates ? templates : FromConfig(JsonField.ReadIfPresent(source, ConfigFile)?.Find("chat_template"));

    /// <summary>The templates that lie in files of their own; empty where there are none.</summary>
    internal static IReadOnlyList<(string Name, string Source)> InFiles(FileSource source, ChatTemplateLimits limits)
    {
        var templates = new List<(string Name, string Source)>();
        if (source.Contains(TemplateFile))
        {
            templates.Add((Default, ReadText(source, TemplateFile, limits)));
        }

        if (source.FindFolder(Folder) is { } folder)
        {
            foreach (string file in folder.FileNames().Where(name => name.EndsWith(Extension, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
            {
                templates.Add((file[..^Extension.Length], ReadText(folder, file, limits)));
            }
        }

        return templates.Count <= 1 ? templates : [.. templates.DistinctBy(template => template.Name, StringComparer.Ordinal)];
    }

    /// <summary>The special tokens by role; a role that is not set is not among them.</summary>
    internal static IReadOnlyDictionary<string, string> SpecialTokens(FileSource source)
    {
        JsonField? config = JsonField.ReadIfPresent(source, ConfigFile), map = JsonField.ReadIfPresent(source, MapFile);
        var tokens = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string role in Roles)
        {
            if ((config?.FindOrNull(role) ?? map?.FindOrNull(role)) is { Kind: not System.Text.Json.JsonValueKind.Null } token)
            {
                tokens[role] = ContentOf(token);
            }
        }

        // Tokens with a role of the model's own, such as image_token.
        if (config?.Find("extra_special_tokens") is { IsObject: true } extra)
        {
            foreach ((string role, JsonField token) in extra.Members())
            {
                tokens[role] = ContentOf(token);
            }
        }

        return tokens;
    }

    private static string ContentOf(JsonField token) => (token.IsObject ? token.Get("content") : token).AsString();

    private static IReadOnlyList<(string Name, string Source)> FromConfig(JsonField? field)
    {
        if (field is not { } template)
        {
            return [];
        }

        if (!template.IsArray)
        {
            return [(Default, template.AsString())];
        }

        var templates = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (JsonField item in template.Items())
        {
            // The last of a name counts, as in the reference.
            templates[item.Get("name").AsString()] = item.Get("template").AsString();
        }

        return [.. templates.Select(entry => (entry.Key, entry.Value))];
    }

    private static string ReadText(FileSource source, string file, ChatTemplateLimits limits)
    {
        byte[] bytes = [];
        source.Read(file, stream =>
        {
            using var buffer = new MemoryStream();
            byte[] block = new byte[1 << 16];
            for (int read = stream.Read(block); read > 0; read = stream.Read(block))
            {
                buffer.Write(block, 0, read);
                if (buffer.Length > (long)limits.MaxSourceLength * 4)
                {
                    throw new ModelFileException(source.Describe(file), $"The file is too long for a chat template: the limit is {limits.MaxSourceLength} characters. If it is to be trusted, raise {nameof(ChatTemplateLimits)}.{nameof(ChatTemplateLimits.MaxSourceLength)}.");
                }
            }

            bytes = buffer.ToArray();
        });
        return Utf8.IsValid(bytes)
            ? Encoding.UTF8.GetString(bytes)
            : throw new ModelFileException(source.Describe(file), "Not valid UTF-8: the file is damaged. Fetch it again from where the model came from.");
    }
}
