using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>What a head adds to its language model's checkpoint: a settings file and a weights file, named after the kind of model, and the geometry of training.</summary>
/// <param name="Kind">What the model is called in file names and messages: <c>classifier</c>, <c>regressor</c>.</param>
internal sealed record HeadFiles(string Kind)
{
    private string SettingsFile => $"{Kind}.json";

    private string WeightsFile => $"{Kind}.safetensors";

    internal void Write<TSettings>(FileSink sink, ITextHead head, TSettings settings, IReadOnlyList<GeometrySnapshot> geometry)
        where TSettings : class, IModelSettings => Write(sink, head.Saved, settings, geometry);

    /// <summary>Writes the files.</summary>
    /// <param name="sink">Where to.</param>
    /// <param name="apart">The tensors of a head that does not lie among the model's weights; empty for one that does.</param>
    /// <param name="settings">What else there is to know.</param>
    /// <param name="geometry">The geometry of training.</param>
    internal void Write<TSettings>(FileSink sink, IReadOnlyList<KeyValuePair<string, Tensor>> apart, TSettings settings, IReadOnlyList<GeometrySnapshot> geometry)
        where TSettings : class, IModelSettings
    {
        sink.Write(WeightsFile, stream => SafetensorsWriter.Write(stream, apart));
        Format<TSettings>().Write(settings, sink, SettingsFile);
        GeometryHistoryFile.Write(sink, geometry);
    }

    internal TSettings ReadSettings<TSettings>(FileSource source)
        where TSettings : class, IModelSettings => Format<TSettings>().Read(
            source,
            SettingsFile,
            settings => settings.Problem is { } problem ? throw new FormatException($"{problem}. Save the {Kind} again.") : settings);

    /// <summary>The settings of a model of this kind among a backbone's files, where training is to go on from its head (<see cref="HeadStart.Pretrained"/>); null where it is not, or they hold none.</summary>
    internal TSettings? ToGoOnFrom<TSettings>(ModelSource backbone, FineTuneOptions options)
        where TSettings : class, IModelSettings => options.HeadStart == HeadStart.Pretrained && backbone.Source.Contains(SettingsFile) ? ReadSettings<TSettings>(backbone.Source) : null;

    /// <summary>Whether the head is the family's own, which lies among the model's weights: the file of weights is empty.</summary>
    internal bool HoldOwnHead(FileSource source)
    {
        bool isEmpty = false;
        source.Read(WeightsFile, stream => isEmpty = new SafetensorsReader(stream, source.Describe(WeightsFile)).Entries.Count == 0);
        return isEmpty;
    }

    internal ScoreHead ReadHead(FileSource source, int outputCount, int hiddenSize, TextPooling pooling, Device device)
    {
        using var scope = NewDisposeScope();
        Dictionary<string, Tensor> tensors = Read(source, new() { [ScoreHead.WeightName] = zeros(outputCount, hiddenSize) }, hiddenSize, pooling);
        return new ScoreHead(tensors[ScoreHead.WeightName].to(device, copy: true), Pooler(tensors, pooling, device));
    }

    /// <summary>Reads the head of an embedding model.</summary>
    internal EmbeddingHead ReadEmbeddingHead(FileSource source, int outputCount, int hiddenSize, TextPooling pooling, Device device)
    {
        using var scope = NewDisposeScope();
        return new EmbeddingHead(Pooler(Read(source, [], hiddenSize, pooling), pooling, device), outputCount);
    }

    /// <summary>Reads the weights of a head that does not lie among the model's.</summary>
    /// <param name="source">Where from.</param>
    /// <param name="tensors">All of the head's, on the CPU, under their names.</param>
    /// <exception cref="ModelFileException">One is missing, or surplus, or of another shape.</exception>
    internal void Fill(FileSource source, IReadOnlyDictionary<string, Tensor> tensors) => source.Read(WeightsFile, stream =>
    {
        var reader = new SafetensorsReader(stream, source.Describe(WeightsFile));
        var missing = tensors.Keys.ToHashSet();
        while (reader.MoveNext() is { } entry)
        {
            if (!missing.Remove(entry.Name))
            {
                throw new ModelFileException(reader.File, $"There is a tensor that a {Kind} does not have. Save the {Kind} again.", entry.Name);
            }

            reader.CopyTo(tensors[entry.Name]);
            FiniteWeights.Require(tensors[entry.Name], reader.File, entry.Name);
        }

        if (missing.Count > 0)
        {
            throw new ModelFileException(reader.File, $"The head's weights are missing. Save the {Kind} again.", missing.First());
        }
    });

    private static TextPooler Pooler(Dictionary<string, Tensor> tensors, TextPooling pooling, Device device) =>
        new(pooling, tensors.GetValueOrDefault(TextPooler.QueryName)?.to(device, copy: true));

    /// <summary>
    /// Version 2 names the pooling: readers of version 1 would take the family's own, which is what files of version 1 mean.
    /// Files of the builds that did not say their kind hold their version as formatVersion.
    /// </summary>
    private VersionedJson<TSettings> Format<TSettings>()
        where TSettings : class, IModelSettings => new($"saved {Kind}", $"mlnet-dispersion/{Kind}", 2, $"Save the {Kind} again.") { UnmarkedVersionField = "formatVersion" };

    /// <summary>Reads the tensors of a head, and its pooler's.</summary>
    private Dictionary<string, Tensor> Read(FileSource source, Dictionary<string, Tensor> tensors, int hiddenSize, TextPooling pooling)
    {
        if (pooling == TextPooling.Attention)
        {
            tensors.Add(TextPooler.QueryName, zeros(hiddenSize));
        }

        Fill(source, tensors);
        return tensors;
    }
}

/// <summary>What the settings files of all models hold.</summary>
internal interface IModelSettings
{
    int MaxSequenceLength { get; }

    Precision ScoringPrecision { get; }

    /// <summary>What is wrong with the values, as a sentence without its stop; null when they are right.</summary>
    string? Problem { get; }
}

/// <summary>What those of heads for whole texts hold.</summary>
internal interface IHeadSettings : IModelSettings
{
    bool Pairs { get; }

    /// <summary>How a text's tokens become the vector that the head reads.</summary>
    TextPooling Pooling { get; }

    /// <summary>How many tokens neighbouring windows of texts share that are longer than the model reads; null where those are cut off.</summary>
    int? WindowOverlap => null;
}
