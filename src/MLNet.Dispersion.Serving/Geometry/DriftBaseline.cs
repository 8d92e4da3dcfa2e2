namespace MLNet.Dispersion.Serving;

/// <summary>What a file of a baseline holds: figures, and what they were measured with; no text.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="MaxTokens">The most tokens of a text that were looked at.</param>
/// <param name="MeanCosineOffDiagonal">The figures.</param>
internal sealed record DriftBaseline(string Model, int MaxTokens, IReadOnlyList<double> MeanCosineOffDiagonal)
{
    private const string Cure = "Delete it to take the baseline anew, or name another file in ServingOptions.Drift.BaselinePath.";
    private static readonly VersionedJson<DriftBaseline> Document = new("baseline of drift", "mlnet-dispersion/drift-baseline", 1, Cure);

    /// <summary>Reads a file.</summary>
    /// <exception cref="ModelFileException">It is damaged, or was measured with another model or other texts' lengths.</exception>
    internal static DriftBaseline Read(string path, string model, int maxTokens)
    {
        DriftBaseline read;
        try
        {
            read = Document.Read(File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
        {
            throw new ModelFileException(path, e.Message, innerException: e);
        }

        return read.Model != model ? throw new ModelFileException(path, $"It is the baseline of the model '{Printable.Name(read.Model)}', and '{model}' is served. {Cure}")
            : read.MaxTokens != maxTokens ? throw new ModelFileException(path, $"It was measured on {read.MaxTokens} tokens of a text at most, and ServingOptions.Drift.MaxTokens is {maxTokens}. {Cure}")
            : read.MeanCosineOffDiagonal.Count < 20 || read.MeanCosineOffDiagonal.Any(figure => figure is not (>= -1 and <= 1)) ? throw new ModelFileException(path, $"It must hold at least 20 figures from -1 to 1. {Cure}")
            : read;
    }

    /// <summary>Writes a file, whole or not at all.</summary>
    internal void Write(string path) => Document.Save(this, path);
}
