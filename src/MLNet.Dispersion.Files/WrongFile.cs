namespace MLNet.Dispersion.Files;

/// <summary>Recognises what downloads leave in the place of a model's file. Thread-safe.</summary>
public static class WrongFile
{
    /// <summary>Says what a file is that is none of the model's, and what to do; null where it is not known.</summary>
    /// <param name="beginning">The file's first bytes, or all of them.</param>
    /// <returns>Whole sentences for a message, or null.</returns>
    public static string? Explain(ReadOnlySpan<byte> beginning)
    {
        ReadOnlySpan<byte> text = beginning.TrimStart(" \t\r\n"u8);
        return text.StartsWith("version https://git-lfs.github.com/"u8) ? "This is a pointer of Git LFS, not the file itself. Run git lfs pull in the clone, or download the file by itself."
            : text.StartsWith("<"u8) ? "This is a page of the web, not the file itself: the download led to an error or to a login. Fetch the file again from where the model came from."
            : null;
    }
}
