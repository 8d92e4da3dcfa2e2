using System.Text.Json;
using System.Text.Json.Serialization;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>What a head adds to its language model's checkpoint: a settings file and a weights file, named after the kind of model, and the geometry of training.</summary>
/// <param name="Kind">What the model is called in file names and messages: <c>classifier</c>, <c>regressor</c>.</param>
internal sealed record HeadFiles(string Kind)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(namingPolicy: null, allowIntegerValues: false) },
    };

    private string SettingsFile => $"{Kind}.json";

    private string WeightsFile => $"{Kind}.safetensors";

    internal void Write<TSettings>(FileSink sink, ScoreHead head, TSettings settings, IReadOnlyList<GeometrySnapshot> geometry)
        where TSettings : IHeadSettings
    {
        sink.Write(WeightsFile, stream => SafetensorsWriter.Write(stream, [new(ScoreHead.WeightName, head.Weight)]));
        sink.Write(SettingsFile, stream => JsonSerializer.Serialize(stream, settings, Json));
        GeometryHistoryFile.Write(sink, geometry);
    }

    /// <summary>What was measured in training; empty for a model of a build that did not keep it.</summary>
    /// <exception cref="ModelFileException">The file is damaged.</exception>
    internal IReadOnlyList<GeometrySnapshot> ReadGeometry(FileSource source) => GeometryHistoryFile.Read(source, Kind);

    internal TSettings ReadSettings<TSettings>(FileSource source)
        where TSettings : class, IHeadSettings
    {
        string file = source.Describe(SettingsFile);
        TSettings? settings;
        try
        {
            settings = JsonSerializer.Deserialize<TSettings>(source.ReadAllBytes(SettingsFile), Json);
        }
        catch (JsonException e)
        {
            throw new ModelFileException(file, $"It is not the JSON that a saved {Kind} has. Save the {Kind} again.", innerException: e);
        }

        if (settings is null || settings.FormatVersion != IHeadSettings.CurrentVersion)
        {
            throw new ModelFileException(file, $"Its format version is {settings?.FormatVersion}; this build reads {IHeadSettings.CurrentVersion}. Load it with the build that wrote it, or a newer one.");
        }

        return settings.Problem is { } problem ? throw new ModelFileException(file, $"{problem}. Save the {Kind} again.") : settings;
    }

    internal ScoreHead ReadHead(FileSource source, int outputCount, int hiddenSize, Device device)
    {
        ScoreHead? head = null;
        source.Read(WeightsFile, stream => head = ReadHead(new SafetensorsReader(stream, source.Describe(WeightsFile)), [outputCount, hiddenSize], device));
        return head!;
    }

    private ScoreHead ReadHead(SafetensorsReader reader, long[] shape, Device device)
    {
        using var scope = NewDisposeScope();
        if (reader.MoveNext() is not { Name: ScoreHead.WeightName })
        {
            throw new ModelFileException(reader.File, $"The head's weights are missing. Save the {Kind} again.", ScoreHead.WeightName);
        }

        var weight = zeros(shape);
        reader.CopyTo(weight);
        if (reader.MoveNext() is { } surplus)
        {
            throw new ModelFileException(reader.File, $"There is a tensor that a {Kind} does not have. Save the {Kind} again.", surplus.Name);
        }

        return new ScoreHead(weight.to(device, copy: true));
    }
}

/// <summary>What the settings files of all heads hold.</summary>
internal interface IHeadSettings
{
    /// <summary>The version that this build writes and reads.</summary>
    const int CurrentVersion = 1;

    int FormatVersion { get; }

    int MaxSequenceLength { get; }

    Precision ScoringPrecision { get; }

    bool Pairs { get; }

    /// <summary>What is wrong with the values, as a sentence without its stop; null when they are right.</summary>
    string? Problem { get; }
}
