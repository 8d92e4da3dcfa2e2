using MLNet.Dispersion.Hub;

namespace MLNet.Dispersion;

/// <summary>Names a pretrained language model: where its Hugging Face format checkpoint (config, weights, tokenizer) is read from.</summary>
/// <remarks>Immutable and thread-safe; nothing is read before it is needed.</remarks>
public sealed class Backbone
{
    private Backbone(string name, CheckpointSource source)
    {
        Name = name;
        Source = source;
    }

    /// <summary>What to call it in messages and reports.</summary>
    public string Name { get; }

    /// <summary>Where its files are read from.</summary>
    public CheckpointSource Source { get; }

    /// <summary>A backbone in a directory with config.json, model.safetensors (or shards with their index) and tokenizer files.</summary>
    /// <param name="directory">The directory.</param>
    /// <exception cref="CheckpointException">The directory or its config.json is missing.</exception>
    public static Backbone FromDirectory(string directory)
    {
        var source = new DirectoryCheckpoint(directory);
        if (!source.Contains("config.json"))
        {
            throw new CheckpointException(source.Describe("config.json"), "There is no such file. Name the directory that holds the model's config.json, model.safetensors and tokenizer files.");
        }

        return new Backbone(Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory))), source);
    }

    /// <summary>A backbone whose files come from anywhere.</summary>
    /// <param name="name">What to call it.</param>
    /// <param name="source">Where its files are read from.</param>
    public static Backbone FromSource(string name, CheckpointSource source)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(source);
        return new Backbone(name, source);
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
