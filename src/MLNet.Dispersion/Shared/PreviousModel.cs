namespace MLNet.Dispersion;

/// <summary>A fitted model's files in a folder of their own, to go on from it; gone when this is disposed.</summary>
internal sealed class PreviousModel : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mlnet-dispersion-previous-").FullName;

    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    internal PreviousModel(TextTransformer previous)
    {
        try
        {
            previous.SaveWhole(new DirectorySink(_folder));
            Source = ModelSource.FromSource(previous.BackboneName, new DirectorySource(_folder));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The files.</summary>
    internal ModelSource Source { get; }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
