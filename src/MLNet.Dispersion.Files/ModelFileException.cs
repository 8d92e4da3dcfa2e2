namespace MLNet.Dispersion.Files;

/// <summary>A file of a model that cannot be read or written: the message names the file, the tensor where there is one, and the cure.</summary>
public sealed class ModelFileException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="file">The file, with its folder where that is known.</param>
    /// <param name="problem">What is wrong and what would cure it: whole sentences.</param>
    /// <param name="tensor">The tensor concerned, or null when the whole file is.</param>
    /// <param name="innerException">The cause, or null.</param>
    public ModelFileException(string file, string problem, string? tensor = null, Exception? innerException = null)
        : base(tensor is null ? $"{file}: {problem}" : $"{file}, tensor '{tensor}': {problem}", innerException)
    {
        File = file;
        Tensor = tensor;
    }

    /// <summary>Gets the file concerned.</summary>
    public string File { get; }

    /// <summary>Gets the tensor concerned, or null.</summary>
    public string? Tensor { get; }
}
