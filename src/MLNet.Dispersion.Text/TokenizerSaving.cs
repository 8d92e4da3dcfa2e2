using System.Text;
using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Text;

/// <summary>Writes the files of a tokenizer, its chat templates among them.</summary>
internal static class TokenizerSaving
{
    /// <summary>Writes the files. Templates that came in files of their own go there again or, where the place has no folders for them, into tokenizer_config.json.</summary>
    internal static void Save(TokenizerFileSet set, FileSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        (string Name, string Source)[] named = [.. set.Templates.Where(template => template.Name != ChatTemplateFiles.Default)];
        FileSink? folder = named.Length > 0 ? sink.MakeFolder(ChatTemplateFiles.Folder) : null;
        bool isFlat = named.Length > 0 && folder is null;
        foreach ((string name, byte[] bytes) in isFlat ? Flat(set) : set.Files.Value)
        {
            sink.Write(name, stream => stream.Write(bytes));
        }

        if (isFlat)
        {
            return;
        }

        foreach (var (name, source) in set.Templates)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(source);
            (FileSink place, string file) = name == ChatTemplateFiles.Default ? (sink, ChatTemplateFiles.TemplateFile) : (folder!, name + ChatTemplateFiles.Extension);
            place.Write(file, stream => stream.Write(bytes));
        }
    }

    /// <summary>The same tokenizer in files without folders: templates stand in tokenizer_config.json.</summary>
    internal static IReadOnlyList<KeyValuePair<string, byte[]>> Flat(TokenizerFileSet set) => set.Templates.Count == 0 ? set.Files.Value : WithConfig(set, SideFiles.ConfigFile, config =>
        config["chat_template"] = new JsonArray([.. set.Templates.Select(template => new JsonObject { ["name"] = template.Name, ["template"] = template.Source })])).Files.Value;

    /// <summary>The same set with the longest text and the token that fills rows up stated, where the tokenizer's own files leave them out: other libraries take them from there.</summary>
    internal static TokenizerFileSet For(TokenizerSetup setup, int contextLength, string? padToken)
    {
        TokenizerFileSet set = setup.Files;
        if (setup.ModelMaxLength is null)
        {
            set = WithConfig(set, SideFiles.ConfigFile, config => config["model_max_length"] = contextLength);
        }

        return setup.PadTokenId is not null || padToken is null ? set : WithConfig(
            WithConfig(set, SideFiles.ConfigFile, config => config["pad_token"] = padToken),
            SideFiles.MapFile,
            map => map["pad_token"] = padToken);
    }

    private static TokenizerFileSet WithConfig(TokenizerFileSet set, string name, Action<JsonObject> edit) => set with
    {
        Files = new(() => [.. set.Files.Value.Select(file => file.Key == name ? new(file.Key, Edited(file.Value, name, edit)) : file)]),
    };

    private static byte[] Edited(byte[] bytes, string name, Action<JsonObject> edit)
    {
        JsonObject json = JsonField.Parse(bytes, name).ToObject();
        edit(json);
        return TokenizerConfigWriter.Bytes(json);
    }
}
