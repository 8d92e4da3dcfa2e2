using System.Text.Json;
using System.Text.Json.Serialization;
using MLNet.Dispersion.Diagnostics;
using MLNet.Dispersion.Geometry;
using MLNet.Dispersion.Hub;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Training;

/// <summary>What a classifier adds to its language model's checkpoint: classifier.json and classifier.safetensors.</summary>
internal static class ClassifierCheckpoint
{
    private const string SettingsFile = "classifier.json";
    private const string WeightsFile = "classifier.safetensors";
    private const string GeometryFile = "geometry-history.json";
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(namingPolicy: null, allowIntegerValues: false) },
    };

    internal static void Write(CheckpointSink sink, ClassificationHead head, ClassifierSettings settings, IReadOnlyList<GeometrySnapshot> geometry)
    {
        sink.Write(WeightsFile, stream => SafetensorsWriter.Write(stream, [new(ClassificationHead.WeightName, head.Weight)]));
        sink.Write(SettingsFile, stream => JsonSerializer.Serialize(stream, settings, Json));
        sink.Write(GeometryFile, stream => GeometryHistoryJson.Write(geometry, stream));
    }

    /// <summary>What was measured in training; empty for a classifier of a build that did not keep it.</summary>
    /// <exception cref="CheckpointException">The file is damaged.</exception>
    internal static IReadOnlyList<GeometrySnapshot> ReadGeometry(CheckpointSource source)
    {
        try
        {
            return source.Contains(GeometryFile) ? GeometryHistoryJson.Read(source.ReadAllBytes(GeometryFile)) : [];
        }
        catch (FormatException e)
        {
            throw new CheckpointException(source.Describe(GeometryFile), $"{e.Message} Save the classifier again.", innerException: e);
        }
    }

    internal static ClassifierSettings ReadSettings(CheckpointSource source)
    {
        string file = source.Describe(SettingsFile);
        ClassifierSettings? settings;
        try
        {
            settings = JsonSerializer.Deserialize<ClassifierSettings>(source.ReadAllBytes(SettingsFile), Json);
        }
        catch (JsonException e)
        {
            throw new CheckpointException(file, "It is not the JSON that a saved classifier has. Save the classifier again.", innerException: e);
        }

        if (settings is null || settings.FormatVersion != ClassifierSettings.CurrentVersion)
        {
            throw new CheckpointException(file, $"Its format version is {settings?.FormatVersion}; this build reads {ClassifierSettings.CurrentVersion}. Load it with the build that wrote it, or a newer one.");
        }

        if (settings.ClassCount < 2 || settings.MaxSequenceLength < 1)
        {
            throw new CheckpointException(file, $"It names {settings.ClassCount} classes and texts of {settings.MaxSequenceLength} tokens; there must be at least 2 and 1. Save the classifier again.");
        }

        return settings;
    }

    internal static ClassificationHead ReadHead(CheckpointSource source, ClassifierSettings settings, int hiddenSize, Device device)
    {
        ClassificationHead? head = null;
        source.Read(WeightsFile, stream => head = ReadHead(new SafetensorsReader(stream, source.Describe(WeightsFile)), settings, hiddenSize, device));
        return head!;
    }

    private static ClassificationHead ReadHead(SafetensorsReader reader, ClassifierSettings settings, int hiddenSize, Device device)
    {
        using var scope = NewDisposeScope();
        if (reader.MoveNext() is not { Name: ClassificationHead.WeightName })
        {
            throw new CheckpointException(reader.File, "The classification head's weights are missing. Save the classifier again.", ClassificationHead.WeightName);
        }

        var weight = zeros([settings.ClassCount, hiddenSize]);
        reader.CopyTo(weight);
        if (reader.MoveNext() is { } surplus)
        {
            throw new CheckpointException(reader.File, "There is a tensor that a classifier does not have. Save the classifier again.", surplus.Name);
        }

        return new ClassificationHead(weight.to(device, copy: true));
    }
}
