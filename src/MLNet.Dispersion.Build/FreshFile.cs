namespace MLNet.Dispersion.Build;

/// <summary>Puts a new file in another's place in one step: readers and other hard links never see it half-written or changed.</summary>
internal static class FreshFile
{
    /// <summary>Writes the bytes to a new file beside <paramref name="path"/> and renames it over that.</summary>
    /// <param name="path">The file to replace or make.</param>
    /// <param name="bytes">Its new content.</param>
    /// <param name="prepare">What is done with the new file, given its path, before it takes its place.</param>
    public static void Write(string path, byte[] bytes, Action<string>? prepare = null)
    {
        string fresh = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            File.WriteAllBytes(fresh, bytes);
            prepare?.Invoke(fresh);
            File.Move(fresh, path, overwrite: true);
        }
        finally
        {
            File.Delete(fresh);
        }
    }
}
