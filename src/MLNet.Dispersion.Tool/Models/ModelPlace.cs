using System.Text.RegularExpressions;

namespace MLNet.Dispersion.Tool;

/// <summary>Finds the model that a name on the command line stands for.</summary>
internal static partial class ModelPlace
{
    /// <summary>What may be named, for help texts.</summary>
    public const string Description = "A folder with config.json, a .gguf file, a model.zip, a model of the Hugging Face hub (owner/name, owner/name@revision, owner/name:file.gguf), or tiny-english, the embedded one.";

    private const string Embedded = "tiny-english";

    /// <summary>The model; one of the hub is downloaded.</summary>
    /// <exception cref="ToolException">There is nothing of this name.</exception>
    public static ModelSource Find(CommandContext context, string? name)
    {
        if (name is null || name == Embedded)
        {
            return ModelSource.TinyEnglish;
        }

        if (Directory.Exists(name))
        {
            return ModelSource.FromDirectory(name);
        }

        if (File.Exists(name))
        {
            return Path.GetExtension(name).ToUpperInvariant() switch
            {
                ".GGUF" => ModelSource.FromGguf(name),
                ".ZIP" => ModelSource.FromModelZip(name),
                _ => throw new ToolException($"'{name}' is a file, but neither .gguf nor .zip. Name a folder with config.json, a GGUF file or a model.zip."),
            };
        }

        Match hub = HubName.Match(name);
        if (!hub.Success || Path.HasExtension(name) && Path.GetExtension(name).ToUpperInvariant() is ".GGUF" or ".ZIP")
        {
            throw new ToolException($"There is no model at '{name}'. Name a folder, a .gguf file, a model.zip, a model of the hub as owner/name, or {Embedded}.");
        }

        using ProgressLine progress = context.Progress();
        var options = new HubOptions { Progress = progress };
        string repository = hub.Groups["repository"].Value;
        string revision = hub.Groups["revision"] is { Success: true } group ? group.Value : "main";
        return hub.Groups["file"] is { Success: true } file
            ? ModelSource.FromHubGguf(repository, file.Value, revision, options, context.Cancellation)
            : ModelSource.FromHub(repository, revision, options, context.Cancellation);
    }

    /// <summary>Loads it whole.</summary>
    public static PretrainedLanguageModel Load(CommandContext context, string? name, string? device) =>
        PretrainedLanguageModel.Load(Find(context, name), new ModelLoadOptions { Device = TorchRuntime.SelectDevice(device ?? "auto") });

    [GeneratedRegex(@"^(?<repository>[A-Za-z0-9][\w.-]*/[\w.-]+)(@(?<revision>[\w./-]+))?(:(?<file>[\w./-]+))?$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex HubName { get; }
}
