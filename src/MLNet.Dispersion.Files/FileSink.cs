namespace MLNet.Dispersion.Files;

/// <summary>A place to which the files of a model are written: a directory, or the entries of an ML.NET model zip.</summary>
public abstract class FileSink
{
    /// <summary>Writes one file.</summary>
    /// <param name="fileName">A plain file name without a folder.</param>
    /// <param name="write">Writes the file's bytes to the stream it is given, forwards only; called once. The stream is closed by the caller.</param>
    public abstract void Write(string fileName, Action<Stream> write);
}
