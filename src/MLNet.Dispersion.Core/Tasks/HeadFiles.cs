using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>What a head adds to its language model's checkpoint: a settings file and a weights file, named after the kind of model, and the geometry of training.</summary>
/// <param name="Kind">What the model is called in file names and messages: <c>classifier</c>, <c>regressor</c>.</param>
internal sealed record HeadFiles(string Kind)
{
    private string SettingsFile => $"{Kind}.json";

    private string WeightsFile => $"{Kind}.safetensors";

    internal void Write<TSettings>(FileSink sink, ScoreHead head, TSettings settings, IReadOnlyList<GeometrySnapshot> geometry)
        where TSettings : class, IHeadSettings
    {
        KeyValuePair<string, Tensor>[] query = head.Pooler.Query is { } learnt ? [new(TextPooler.QueryName, learnt)] : [];
        sink.Write(WeightsFile, stream => SafetensorsWriter.Write(stream, head.Own is null ? [new(ScoreHead.WeightName, head.Weight), .. query] : []));
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
        source.Read(WeightsFile, stream => head = ReadHead(new SafetensorsReader(stream, source.Describe(WeightsFile)), [outputCount, hiddenSize], pooling, device));
        return head!;
    }

    /// <summary>
    /// Version 2 names the pooling: readers of version 1 would take the family's own, which is what files of version 1 mean.
    /// Files of the builds that did not say their kind hold their version as formatVersion.
    /// </summary>
    private VersionedJson<TSettings> Format<TSettings>()
        where TSettings : class, IHeadSettings => new($"saved {Kind}", $"mlnet-dispersion/{Kind}", 2, $"Save the {Kind} again.") { UnmarkedVersionField = "formatVersion" };

    private ScoreHead ReadHead(SafetensorsReader reader, long[] shape, TextPooling pooling, Device device)
    {
        using var scope = NewDisposeScope();
        var tensors = new Dictionary<string, Tensor>(StringComparer.Ordinal) { [ScoreHead.WeightName] = zeros(shape) };
        if (pooling == TextPooling.Attention)
        {
            tensors.Add(TextPooler.QueryName, zeros(shape[1]));
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

        return missing.Count == 0
            ? new ScoreHead(tensors[ScoreHead.WeightName].to(device, copy: true), new TextPooler(pooling, tensors.GetValueOrDefault(TextPooler.QueryName)?.to(device, copy: true)))
            : throw new ModelFileException(reader.File, $"The head's weights are missing. Save the {Kind} again.", missing.First());
    }
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
