using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>What a head adds to its language model's checkpoint: a settings file and a weights file, named after the kind of model, and the geometry of training.</summary>
/// <param name="Kind">What the model is called in file names and messages: <c>classifier</c>, <c>regressor</c>.</param>
internal sealed record HeadFiles(string Kind)
{
    private string SettingsFile => $"{Kind}.json";

    private string WeightsFile => $"{Kind}.safetensors";

    internal void Write<TSettings>(FileSink sink, ITextHead head, TSettings settings, IReadOnlyList<GeometrySnapshot> geometry)
        where TSettings : class, IHeadSettings
    {
        sink.Write(WeightsFile, stream => SafetensorsWriter.Write(stream, head.Saved));
        Format<TSettings>().Write(settings, sink, SettingsFile);
        GeometryHistoryFile.Write(sink, geometry);
    }

    internal TSettings ReadSettings<TSettings>(FileSource source)
        where TSettings : class, IHeadSettings => Format<TSettings>().Read(
            source,
            SettingsFile,
            settings => settings.Problem is { } problem ? throw new FormatException($"{problem}. Save the {Kind} again.") : settings);

    /// <summary>Whether the head is the family's own, which lies among the model's weights: the file of weights is empty.</summary>
    internal bool HoldOwnHead(FileSource source)
    {
        bool isEmpty = false;
        source.Read(WeightsFile, stream => isEmpty = new SafetensorsReader(stream, source.Describe(WeightsFile)).Entries.Count == 0);
        return isEmpty;
    }

    internal ScoreHead ReadHead(FileSource source, int outputCount, int hiddenSize, TextPooling pooling, Device device)
    {
        ScoreHead? head = null;
        Read(source, pooling, hiddenSize, device, new() { [ScoreHead.WeightName] = [outputCount, hiddenSize] }, (tensors, pooler) => head = new ScoreHead(tensors[ScoreHead.WeightName].to(device, copy: true), pooler));
        return head!;
    }

    /// <summary>Reads the head of an embedding model.</summary>
    internal EmbeddingHead ReadEmbeddingHead(FileSource source, int outputCount, int hiddenSize, TextPooling pooling, Device device)
    {
        EmbeddingHead? head = null;
        Read(source, pooling, hiddenSize, device, [], (_, pooler) => head = new EmbeddingHead(pooler, outputCount));
        return head!;
    }

    /// <summary>
    /// Version 2 names the pooling: readers of version 1 would take the family's own, which is what files of version 1 mean.
    /// Files of the builds that did not say their kind hold their version as formatVersion.
    /// </summary>
    private VersionedJson<TSettings> Format<TSettings>()
        where TSettings : class, IHeadSettings => new($"saved {Kind}", $"mlnet-dispersion/{Kind}", 2, $"Save the {Kind} again.") { UnmarkedVersionField = "formatVersion" };

    /// <summary>Reads the tensors of a head of these shapes, and its pooler's.</summary>
    private void Read(FileSource source, TextPooling pooling, int hiddenSize, Device device, Dictionary<string, long[]> shapes, Action<IReadOnlyDictionary<string, Tensor>, TextPooler> make) => source.Read(WeightsFile, stream =>
    {
        using var scope = NewDisposeScope();
        var reader = new SafetensorsReader(stream, source.Describe(WeightsFile));
        var tensors = shapes.ToDictionary(shape => shape.Key, shape => zeros(shape.Value), StringComparer.Ordinal);
        if (pooling == TextPooling.Attention)
        {
            tensors.Add(TextPooler.QueryName, zeros(hiddenSize));
        }

        var missing = tensors.Keys.ToHashSet();
        while (reader.MoveNext() is { } entry)
        {
            if (!missing.Remove(entry.Name))
            {
                throw new ModelFileException(reader.File, $"There is a tensor that a {Kind} does not have. Save the {Kind} again.", entry.Name);
            }

            reader.CopyTo(tensors[entry.Name]);
        }

        if (missing.Count > 0)
        {
            throw new ModelFileException(reader.File, $"The head's weights are missing. Save the {Kind} again.", missing.First());
        }

        make(tensors, new TextPooler(pooling, tensors.GetValueOrDefault(TextPooler.QueryName)?.to(device, copy: true)));
    });
}

/// <summary>What the settings files of all heads hold.</summary>
internal interface IHeadSettings
{
    int MaxSequenceLength { get; }

    Precision ScoringPrecision { get; }

    bool Pairs { get; }

    /// <summary>How a text's tokens become the vector that the head reads.</summary>
    TextPooling Pooling { get; }

    /// <summary>What is wrong with the values, as a sentence without its stop; null when they are right.</summary>
    string? Problem { get; }
}
