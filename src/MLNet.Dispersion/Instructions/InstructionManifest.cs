namespace MLNet.Dispersion;

/// <summary>What Model.key of a saved model that answers holds: everything but the model's files, which are entries of their own and are listed here.</summary>
internal sealed record InstructionManifest(
    InstructionColumns Columns, string BackboneName, InstructionOptions Instructions, TextGenerationOptions Generation, bool AsChat, int? MaxTokens, IReadOnlyList<StoredFile> Files)
{
    /// <summary>How a saved model that answers begins.</summary>
    internal static readonly ModelFormat Format = new("model tuned on instructions", "DISPINST", InstructionLoader.Name, 1, 0x00010001);

    internal void Write(BinaryWriter writer) => Format.Write(writer, new Document(
        Columns, BackboneName, Instructions.CompletionOnly, Instructions.AssistantOnly, Instructions.KeepEnd, Instructions.ChatTemplate, GenerationDocument.Of(Generation), AsChat, MaxTokens, Files));

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="FormatException">It was written by a newer version, or is damaged.</exception>
    internal static InstructionManifest Read(BinaryReader reader) => Format.Read<Document, InstructionManifest>(reader, document => document.ToManifest());

    private sealed record Document(
        InstructionColumns Columns,
        string Backbone,
        bool CompletionOnly,
        bool AssistantOnly,
        bool KeepEnd,
        string? ChatTemplate,
        GenerationDocument Generation,
        bool AsChat,
        int? MaxTokens,
        IReadOnlyList<StoredFile> Files)
    {
        internal InstructionManifest ToManifest()
        {
            ModelFormat.Require(Columns is not null && Enum.IsDefined(Columns.Form), "columns of an unknown form");
            Columns!.Validate();
            ModelFormat.Require(!string.IsNullOrWhiteSpace(Backbone), "a backbone without a name");
            ModelFormat.Require(Generation is not null, "no way to write");
            ModelFormat.Require(MaxTokens is null or >= 2, "rows without tokens");
            var instructions = new InstructionOptions { CompletionOnly = CompletionOnly, AssistantOnly = AssistantOnly, KeepEnd = KeepEnd, ChatTemplate = ChatTemplate };
            TextGenerationOptions generation = Generation!.ToOptions();
            generation.Validate();
            return new InstructionManifest(Columns, Backbone, instructions, generation, AsChat, MaxTokens, StoredFile.Checked(Files));
        }
    }
}
