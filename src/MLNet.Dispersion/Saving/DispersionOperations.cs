using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>What this library offers a context beyond estimators: <c>ml.Dispersion()</c>. Thread-safe.</summary>
public sealed class DispersionOperations
{
    internal DispersionOperations(MLContext ml)
    {
        ArgumentNullException.ThrowIfNull(ml);
        Context = ml;
    }

    /// <summary>Gets the context.</summary>
    public MLContext Context { get; }

    /// <summary>Saves a model as <c>ml.Model.Save</c> does, whole or not at all: the zip is written beside its place, flushed to the disk and renamed.</summary>
    /// <remarks><c>ml.Model.Save</c> begins by emptying the file that is there: where the process is ended or the disk is full, the former model is lost. What ended saves left lying is swept by the next one.</remarks>
    /// <param name="model">The model, of any transformers.</param>
    /// <param name="inputSchema">The schema of its input; null where it is not to be saved with it.</param>
    /// <param name="path">The file's path; folders above it that are missing are made.</param>
    /// <exception cref="ModelFileException">The file cannot be written; the former one is as it was.</exception>
    /// <example>
    /// <code>
    /// using Microsoft.ML;
    /// using MLNet.Dispersion;
    ///
    /// var ml = new MLContext(seed: 1);
    /// IDataView train = ml.Data.LoadFromBinary("train.idv");
    /// ITransformer model = ml.Transforms.Conversion.MapValueToKey("Label").FineTuneWithDispersion(ml).Fit(train);
    /// ml.Dispersion().SaveModel(model, train.Schema, "model.zip");
    /// </code>
    /// </example>
    public void SaveModel(ITransformer model, DataViewSchema? inputSchema, string path)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string full = Path.GetFullPath(path);
        if (Path.GetFileName(full).Length == 0 || Directory.Exists(full))
        {
            throw new ModelFileException(full, "It is a directory; name a file in it, such as model.zip.");
        }

        try
        {
            new DirectorySink(Path.GetDirectoryName(full)!).Write(Path.GetFileName(full), stream => Context.Model.Save(model, inputSchema, stream));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileException(full, $"Saving failed: {e.Message} Name a file that can be written, on a disk with room.", innerException: e);
        }
    }
}
