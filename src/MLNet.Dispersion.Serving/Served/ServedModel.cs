using Microsoft.ML;

namespace MLNet.Dispersion.Serving;

/// <summary>The one model in memory, and what can be asked of it. Thread-safe; the owner disposes it.</summary>
internal sealed class ServedModel : IDisposable
{
    private readonly IDisposable _owner;

    private ServedModel(string name, string path, IDisposable owner, PretrainedLanguageModel? languageModel)
    {
        (Name, Path, _owner, LanguageModel) = (name, path, owner, languageModel);
        Created = new DateTimeOffset(File.GetLastWriteTimeUtc(path), TimeSpan.Zero);
    }

    /// <summary>What clients call it.</summary>
    internal string Name { get; }

    /// <summary>Where it came from.</summary>
    internal string Path { get; }

    /// <summary>When its file was written.</summary>
    internal DateTimeOffset Created { get; }

    /// <summary>Its network, whose geometry is watched; null where there is none of its own.</summary>
    internal PretrainedLanguageModel? LanguageModel { get; }

    /// <summary>Scores rows; null where it is no zip of ML.NET.</summary>
    internal RowScorer? Rows { get; private init; }

    /// <summary>Gives texts vectors; null where it does not.</summary>
    internal TextEmbedder? Embedder { get; private init; }

    /// <summary>Writes texts; null where it does not.</summary>
    internal PretrainedLanguageModel? Writer { get; private init; }

    /// <summary>Whether it answers conversations.</summary>
    internal bool Chats => Writer?.Tokenizer is PipelineTokenizer { ChatTemplate.Names.Count: > 0 };

    /// <summary>The endpoints that answer, for errors.</summary>
    internal string Endpoints => string.Join(", ", new[] { (Rows is not null, "/predict"), (Embedder is not null, "/v1/embeddings"), (Writer is not null, "/v1/completions"), (Chats, "/v1/chat/completions") }.Where(one => one.Item1).Select(one => one.Item2));

    /// <inheritdoc/>
    public void Dispose() => _owner.Dispose();

    /// <summary>Loads what the options name.</summary>
    /// <exception cref="ModelFileException">Files are missing or damaged, or hold nothing that can be served.</exception>
    /// <exception cref="ArgumentException">A device is named for a zip.</exception>
    internal static ServedModel Load(ServingOptions options)
    {
        string path = options.ModelPath!;
        string name = options.ModelName ?? NameOf(path);
        if (Directory.Exists(path))
        {
            return OfCheckpoint(name, path, ModelSource.FromDirectory(path), options.Device);
        }

        if (!File.Exists(path))
        {
            throw new ModelFileException(path, "There is no such file or directory. Name a zip that ml.Model.Save wrote, a directory in Hugging Face's format, or a GGUF file.");
        }

        return IsGguf(path) ? OfCheckpoint(name, path, ModelSource.FromGguf(path), options.Device) : OfZip(name, path, options.Device);
    }

    private static string NameOf(string path)
    {
        string name = System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path)));
        return new[] { ".zip", ".gguf" }.FirstOrDefault(end => name.Length > end.Length && name.EndsWith(end, StringComparison.OrdinalIgnoreCase)) is { } end ? name[..^end.Length] : name;
    }

    private static bool IsGguf(string path)
    {
        if (path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        using FileStream file = File.OpenRead(path);
        Span<byte> start = stackalloc byte[4];
        return file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start.SequenceEqual("GGUF"u8);
    }

    private static ServedModel OfCheckpoint(string name, string path, ModelSource source, string device)
    {
        var embedder = TextEmbedder.FromPretrained(source, device: device);
        try
        {
            return new ServedModel(name, path, embedder, embedder.LanguageModel) { Embedder = embedder, Writer = WriterOf(embedder.LanguageModel) };
        }
        catch
        {
            embedder.Dispose();
            throw;
        }
    }

    private static ServedModel OfZip(string name, string path, string device)
    {
        if (!string.Equals(device, "auto", StringComparison.OrdinalIgnoreCase))
        {
            throw new ArgumentException($"ServingOptions.Device is {device}, and {path} is a zip of ML.NET, which puts itself onto the best device. Leave it at auto; CUDA_VISIBLE_DEVICES hides devices from a process.", nameof(device));
        }

        var ml = new MLContext();
        ITransformer model;
        DataViewSchema schema;
        try
        {
            model = ml.Model.Load(path, out schema);
        }
        catch (Exception e) when (e is not (ModelFileException or TorchUnavailableException or OutOfMemoryException))
        {
            Exception cause = e.InnerException is ModelFileException or FormatException or TorchUnavailableException ? e.InnerException : e;
            throw new ModelFileException(path, $"It could not be read as a model of ML.NET: {cause.Message}", innerException: e);
        }

        var owner = new LoadedTransformer(model);
        try
        {
            TextTransformer[] own = [.. LoadedTransformer.Parts(model).OfType<TextTransformer>()];
            if (own.Length == 0)
            {
                throw new ModelFileException(path, "It holds no transformer of MLNet.Dispersion, so there is nothing here to serve it. Save a pipeline that one of this library's estimators was fitted in.");
            }

            PretrainedLanguageModel? network = own.Select(NetworkOf).FirstOrDefault(found => found is not null);
            return new ServedModel(name, path, owner, network)
            {
                Rows = new RowScorer(ml, model, schema, [.. own.SelectMany(TextColumns).Distinct(StringComparer.Ordinal)]),
                Embedder = own.OfType<FineTuneEmbeddingsWithDispersionTransformer>().FirstOrDefault()?.Embedder,
                Writer = own.Select(WritingModelOf).FirstOrDefault(found => found is not null) is { } writer ? WriterOf(writer) : null,
            };
        }
        catch
        {
            owner.Dispose();
            throw;
        }
    }

    private static PretrainedLanguageModel? NetworkOf(TextTransformer transformer) => transformer switch
    {
        FineTunedTextTransformer text => text.LanguageModel,
        FineTuneTokensWithDispersionTransformer tokens => tokens.LanguageModel,
        FineTuneAnswersWithDispersionTransformer answers => answers.LanguageModel,
        _ => WritingModelOf(transformer),
    };

    private static PretrainedLanguageModel? WritingModelOf(TextTransformer transformer) => transformer switch
    {
        LanguageModelTransformer language => language.LanguageModel,
        FineTuneInstructionsWithDispersionTransformer instructions => instructions.LanguageModel,
        _ => null,
    };

    private static IEnumerable<string> TextColumns(TextTransformer transformer) =>
        transformer is FineTunedTextTransformer { SecondTextColumnName: { } second } ? [transformer.TextColumnName, second]
        : transformer is FineTuneAnswersWithDispersionTransformer answers ? [transformer.TextColumnName, answers.QuestionColumnName]
        : [transformer.TextColumnName];

    /// <summary>The model, where it writes.</summary>
    private static PretrainedLanguageModel? WriterOf(PretrainedLanguageModel model)
    {
        if (!model.Backbone.IsCausal || !model.HasTokenizer)
        {
            return null;
        }

        try
        {
            // What speaks against a model is said before the first text is written.
            _ = model.GenerateStreaming("a", new TextGenerationOptions { FollowGenerationConfig = false });
            return model;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
