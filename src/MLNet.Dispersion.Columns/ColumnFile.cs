namespace MLNet.Dispersion.Columns;

/// <summary>An open file of columns; what goes wrong with it is told with its name and its format's.</summary>
/// <param name="path">The file.</param>
/// <param name="format">The format's name.</param>
internal abstract class ColumnFile(string path, string format) : IDisposable
{
    private readonly string _path = path;

    /// <summary>The file's bytes.</summary>
    private protected FileStream Stream { get; } = RegularFile.OpenRead(path);

    public virtual void Dispose() => Stream.Dispose();

    // The libraries have no exceptions of their own for files that are not what they say.
    internal T Guarded<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is not ModelFileException and not OperationCanceledException)
        {
            throw new ModelFileException(_path, $"It cannot be read as {format}: {e.Message.TrimEnd('.')}. Fetch the file again, or write it anew.", innerException: e);
        }
    }

    /// <summary>Makes the format's reader; closes the file where that fails.</summary>
    private protected TReader Opened<TReader>(Func<TReader> open)
    {
        try
        {
            return Guarded(open);
        }
        catch
        {
            Stream.Dispose();
            throw;
        }
    }
}
