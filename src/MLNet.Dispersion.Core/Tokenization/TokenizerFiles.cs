using MLNet.Dispersion.Hub;

namespace MLNet.Dispersion.Tokenization;

/// <summary>Finds out which kind of tokenizer a checkpoint holds.</summary>
internal static class TokenizerFiles
{
    internal static TextTokenizer Load(CheckpointSource source) =>
        throw new CheckpointException(source.Name, "No tokenizer files. Put tokenizer.json, or vocab.json and merges.txt, beside config.json.");
}
