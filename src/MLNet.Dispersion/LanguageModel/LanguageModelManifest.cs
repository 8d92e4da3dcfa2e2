using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>What Model.key of a saved language-model transformer holds: everything but the checkpoint, whose files are entries of their own and are listed here.</summary>
internal sealed record LanguageModelManifest(string TextColumn, string BackboneName, LanguageModelOptions Options, IReadOnlyList<StoredFile> Files)
{
    /// <summary>How a saved language model begins.</summary>
    internal static readonly ModelFormat Format = new("language model transformer", "DISPLANG", LanguageModelLoader.Name, 2, 0x00010002);

    private const int MaxStops = 1_000;

    internal void Write(BinaryWriter writer) => Format.Write(writer, new Document(
        TextColumn,
        BackboneName,
        Options.FeaturesColumnName,
        Options.TokenCountColumnName,
        Options.LogLikelihoodColumnName,
        Options.PerplexityColumnName,
        Options.ContinuationColumnName,
        new FeaturesDocument(Options.Features.Pooling, Options.Features.Normalize, Options.Features.MaxTokens, Options.Features.AttentionQuery, Options.Features.SkipFirstToken, Options.Features.Mean, Options.Features.Directions, Options.Features.Layer),
        GenerationDocument.Of(Options.Generation),
        Files));

    /// <summary>Reads what <see cref="Write(BinaryWriter)"/> wrote, or the version before.</summary>
    /// <exception cref="FormatException">It was written by a newer version, or is damaged.</exception>
    internal static LanguageModelManifest Read(BinaryReader reader) => Format.Read<Document, LanguageModelManifest>(
        reader,
        document => new LanguageModelManifest(document.Text, document.Backbone, document.ToOptions(), StoredFile.Checked(document.Files)).Checked(),
        ReadFields);

    private LanguageModelManifest Checked()
    {
        ModelFormat.Require(!string.IsNullOrWhiteSpace(BackboneName), "a backbone without a name");
        Options.Validate();
        return this;
    }

    private static LanguageModelManifest ReadFields(BinaryReader reader)
    {
        string text = reader.ReadString();
        string backbone = reader.ReadString();
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
        return new LanguageModelManifest(text, backbone, options, StoredFile.ReadAll(reader)).Checked();
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

    private static int? ReadNumber(BinaryReader reader)
    {
        bool present = reader.ReadBoolean();
        int value = reader.ReadInt32();
        return present ? value : null;
    }

    private sealed record Document(
        string Text,
        string Backbone,
        string? FeaturesColumn,
        string? TokenCountColumn,
        string? LogLikelihoodColumn,
        string? PerplexityColumn,
        string? ContinuationColumn,
        FeaturesDocument Features,
        GenerationDocument Generation,
        IReadOnlyList<StoredFile> Files)
    {
        internal LanguageModelOptions ToOptions() => new()
        {
            FeaturesColumnName = FeaturesColumn,
            TokenCountColumnName = TokenCountColumn,
            LogLikelihoodColumnName = LogLikelihoodColumn,
            PerplexityColumnName = PerplexityColumn,
            ContinuationColumnName = ContinuationColumn,
            Features = new TextFeatureOptions
            {
                Pooling = Features.Pooling,
                Normalize = Features.Normalize,
                MaxTokens = Features.MaxTokens,
                AttentionQuery = Features.AttentionQuery,
                SkipFirstToken = Features.SkipFirstToken,
                Mean = Features.Mean,
                Directions = Features.Directions,
                Layer = Features.Layer,
            },
            Generation = Generation.ToOptions(),
        };
    }

    private sealed record FeaturesDocument(TextPooling? Pooling, bool? Normalize, int? MaxTokens, IReadOnlyList<float>? AttentionQuery = null, bool SkipFirstToken = false, IReadOnlyList<float>? Mean = null, IReadOnlyList<IReadOnlyList<float>>? Directions = null, int? Layer = null);
}
