namespace MLNet.Dispersion.Text;

/// <summary>The files that a tokenizer came from, with what is needed to write a set that loads equal.</summary>
/// <param name="Files">File names with their bytes, made when they are asked for first.</param>
internal sealed record TokenizerFileSet(Lazy<IReadOnlyList<KeyValuePair<string, byte[]>>> Files)
{
    /// <summary>The chat templates that lay in files of their own, by name; empty where there were none.</summary>
    internal IReadOnlyList<(string Name, string Source)> Templates { get; init; } = [];
}
