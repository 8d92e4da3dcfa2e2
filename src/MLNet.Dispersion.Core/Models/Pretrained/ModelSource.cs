namespace MLNet.Dispersion;

/// <summary>Names a pretrained language model: where its Hugging Face format checkpoint (config, weights, tokenizer) is read from.</summary>
/// <remarks>Immutable and thread-safe; nothing is read before it is needed.</remarks>
public sealed class ModelSource
{
    private ModelSource(string name, FileSource source)
    {
        Name = name;
        Source = source;
    }

    /// <summary>Gets what to call it in messages and reports.</summary>
    public string Name { get; }

    /// <summary>Gets where its files are read from.</summary>
    public FileSource Source { get; }

    /// <summary>A backbone in a directory with config.json, model.safetensors (or shards with their index) and tokenizer files.</summary>
    /// <param name="directory">The directory.</param>
    /// <exception cref="ModelFileException">The directory or its config.json is missing.</exception>
    public static ModelSource FromDirectory(string directory)
    {
        var source = new DirectorySource(directory);
        if (!source.Contains("config.json"))
        {
            throw new ModelFileException(source.Describe("config.json"), "There is no such file. Name the directory that holds the model's config.json, model.safetensors and tokenizer files.");
        }

        return new ModelSource(Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory))), source);
    }

    /// <summary>A backbone in a GGUF file, as llama.cpp reads it, quantised or not: F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q2_K to Q6_K, IQ4_NL, IQ4_XS. Weights are loaded as float32, unless <see cref="ModelLoadOptions.KeepQuantized"/> leaves them as they are.</summary>
    /// <remarks>Its tokenizer and chat template come from the file too. What is saved of the model is a directory in Hugging Face's format.</remarks>
    /// <param name="path">The file's path.</param>
    /// <exception cref="ModelFileException">The file is missing or damaged, holds no model, or asks for what is not supported; the message names key or tensor and the cure.</exception>
    public static ModelSource FromGguf(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return new ModelSource(Path.GetFileNameWithoutExtension(path), new GgufSource(path));
    }

    /// <summary>The language model in a zip that ML.NET's <c>Model.Save</c> wrote of one of this library's transformers, to be trained further: for the same task or another one. An adapter is taken over; a head, such as a classifier's, by training for the same task that begins with it (<c>FineTuneOptions.HeadStart</c> = <c>Pretrained</c>).</summary>
    /// <param name="path">The zip's path.</param>
    /// <exception cref="ModelFileException">The zip is missing or damaged, or holds no model, or several.</exception>
    public static ModelSource FromModelZip(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return new ModelSource(Path.GetFileNameWithoutExtension(path), new ZipSource(path, "config.json", "adapter_config.json"));
    }

    /// <summary>A backbone whose files come from anywhere.</summary>
    /// <param name="name">What to call it.</param>
    /// <param name="source">Where its files are read from.</param>
    public static ModelSource FromSource(string name, FileSource source)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(source);
        return new ModelSource(name, source);
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
