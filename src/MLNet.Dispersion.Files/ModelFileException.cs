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

    /// <summary>Finds the exception of this library in one that others wrapped around it: <c>ml.Model.Load</c> throws an <see cref="InvalidOperationException"/> with "Error during class instantiation", and this one within.</summary>
    /// <param name="error">What was caught.</param>
    /// <returns>The first such exception, from outside in; null where there is none.</returns>
    /// <example>
    /// <code>
    /// using Microsoft.ML;
    /// using MLNet.Dispersion.Files;
    ///
    /// var ml = new MLContext();
    /// try
    /// {
    ///     ITransformer model = ml.Model.Load("model.zip", out _);
    /// }
    /// catch (Exception error) when (ModelFileException.Find(error) is { } damage)
    /// {
    ///     Console.WriteLine($"{damage.File}: {damage.Message}");
    /// }
    /// </code>
    /// </example>
    public static ModelFileException? Find(Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);
        IEnumerable<Exception> inner = error is AggregateException several ? several.InnerExceptions : error.InnerException is { } one ? [one] : [];
        return error as ModelFileException ?? inner.Select(Find).FirstOrDefault(found => found is not null);
    }

    /// <summary>Gets the file concerned.</summary>
    public string File { get; }

    /// <summary>Gets the tensor concerned, or null.</summary>
    public string? Tensor { get; }
}
