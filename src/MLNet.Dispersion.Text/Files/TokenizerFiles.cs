namespace MLNet.Dispersion.Text;

/// <summary>Finds out which kind of tokenizer a checkpoint holds.</summary>
internal static class TokenizerFiles
{
    internal static bool Any(FileSource source) => source.Contains(PipelineReader.File);

    internal static TextTokenizer Load(FileSource source) => new PipelineTokenizer(new TokenizerSetup { Pipeline = PipelineReader.Read(JsonField.Read(source, PipelineReader.File)) });
}
