namespace MLNet.Dispersion.Examples.Tokens;

/// <summary>Where a tokenizer is: a model's directory, a tokenizer.json, or a GGUF file.</summary>
internal static class TokenizerPlace
{
    /// <summary>Opens it.</summary>
    /// <exception cref="UserException">There is nothing of the kind.</exception>
    public static FileSource Open(string path) =>
        Directory.Exists(path) ? new DirectorySource(path)
        : !File.Exists(path) ? throw new UserException($"There is no '{path}'. Name a model's directory, its tokenizer.json, or a GGUF file.")
        : path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) ? ModelSource.FromGguf(path).Source
        : Path.GetFileName(path) == "tokenizer.json" ? new DirectorySource(Path.GetDirectoryName(Path.GetFullPath(path))!)
        : throw new UserException($"'{path}' is no tokenizer. Name a model's directory, its tokenizer.json, or a GGUF file.");
}
