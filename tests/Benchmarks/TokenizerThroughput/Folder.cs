namespace MLNet.Dispersion.Benchmarks.TokenizerThroughput;

/// <summary>The tokenizer.json of one kind in a folder of its own.</summary>
internal sealed record Folder(string Name, string Path)
{
    /// <summary>The file.</summary>
    public string File => System.IO.Path.Combine(Path, "tokenizer.json");

    /// <summary>Loads it here: the file alone.</summary>
    public PipelineTokenizer Load() => (PipelineTokenizer)TextTokenizer.Load(new DirectorySource(Path));
}
