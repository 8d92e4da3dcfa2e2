using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>What Model.key of a saved language-model transformer holds: everything but the checkpoint, whose files are entries of their own and are listed here.</summary>
internal sealed record LanguageModelManifest(string TextColumn, string BackboneName, LanguageModelOptions Options, IReadOnlyList<StoredFile> Files)
{
    /// <summary>How a saved language model begins.</summary>
    internal static readonly ModelFormat Format = new("language model transformer", "DISPLANG", LanguageModelLoader.Name, 1, 0x00010001);

    private const int MaxStops = 1_000;

    internal void Write(BinaryWriter writer)
    {
        writer.Write(Format.Version);
        writer.Write(TextColumn);
        writer.Write(BackboneName);
        foreach (string? name in (string?[])[Options.FeaturesColumnName, Options.TokenCountColumnName, Options.LogLikelihoodColumnName, Options.PerplexityColumnName, Options.ContinuationColumnName])
        {
            writer.Write(name is not null);
            writer.Write(name ?? "");
        }

        writer.Write((int)Options.Features.Pooling);
        writer.Write(Options.Features.Normalize);
        Write(writer, Options.Features.MaxTokens);
        Write(writer, Options.Generation);
        StoredFile.WriteAll(writer, Files);
    }

    /// <summary>Reads what <see cref="Write(BinaryWriter)"/> wrote.</summary>
    /// <exception cref="FormatException">It was written by a newer version, or is damaged.</exception>
    internal static LanguageModelManifest Read(BinaryReader reader) => Format.Read(reader, ReadFields);

    private static LanguageModelManifest ReadFields(BinaryReader reader)
    {
        string text = reader.ReadString();
        string backbone = reader.ReadString();
        ModelFormat.Require(!string.IsNullOrWhiteSpace(backbone), "a backbone without a name");
        var options = new LanguageModelOptions
        {
            FeaturesColumnName = ReadName(reader),
            TokenCountColumnName = ReadName(reader),
            LogLikelihoodColumnName = ReadName(reader),
            PerplexityColumnName = ReadName(reader),
            ContinuationColumnName = ReadName(reader),
            Features = new TextFeatureOptions { Pooling = (TextPooling)reader.ReadInt32(), Normalize = reader.ReadBoolean(), MaxTokens = ReadNumber(reader) },
            Generation = ReadGeneration(reader),
        };
        options.Validate();
        return new LanguageModelManifest(text, backbone, options, StoredFile.ReadAll(reader));
    }

    private static void Write(BinaryWriter writer, TextGenerationOptions generation)
    {
        writer.Write(generation.MaxNewTokens);
        writer.Write(generation.Temperature);
        Write(writer, generation.TopK);
        writer.Write(generation.TopP ?? double.NaN);
        writer.Write(generation.RepetitionPenalty);
        writer.Write(generation.Seed);
        writer.Write(generation.StopAtEndOfText);
        writer.Write(generation.TruncatePrompts);
        writer.Write(generation.BatchSize);
        writer.Write(generation.MaxBatchTokens);
        writer.Write(generation.StopSequences.Count);
        foreach (string stop in generation.StopSequences)
        {
            writer.Write(stop);
        }
    }

    private static TextGenerationOptions ReadGeneration(BinaryReader reader)
    {
        var generation = new TextGenerationOptions { MaxNewTokens = reader.ReadInt32(), Temperature = reader.ReadDouble(), TopK = ReadNumber(reader) };
        double topP = reader.ReadDouble();
        generation.TopP = double.IsNaN(topP) ? null : topP;
        generation.RepetitionPenalty = reader.ReadDouble();
        generation.Seed = reader.ReadInt32();
        generation.StopAtEndOfText = reader.ReadBoolean();
        generation.TruncatePrompts = reader.ReadBoolean();
        generation.BatchSize = reader.ReadInt32();
        generation.MaxBatchTokens = reader.ReadInt32();
        int stops = reader.ReadInt32();
        ModelFormat.Require(stops is >= 0 and <= MaxStops, string.Create(CultureInfo.InvariantCulture, $"{stops} stop sequences"));
        generation.StopSequences = [.. Enumerable.Range(0, stops).Select(_ => reader.ReadString())];
        return generation;
    }

    private static string? ReadName(BinaryReader reader)
    {
        bool present = reader.ReadBoolean();
        string name = reader.ReadString();
        return present ? name : null;
    }

    private static void Write(BinaryWriter writer, int? value)
    {
        writer.Write(value is not null);
        writer.Write(value ?? 0);
    }

    private static int? ReadNumber(BinaryReader reader)
    {
        bool present = reader.ReadBoolean();
        int value = reader.ReadInt32();
        return present ? value : null;
    }
}
