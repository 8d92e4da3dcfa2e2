namespace MLNet.Dispersion.Hub;

/// <summary>What a disk has left.</summary>
internal static class DiskSpace
{
    private const int NoSpaceOnUnix = 28;
    private const int NoSpaceOnWindows = unchecked((int)0x80070070);

    /// <summary>The bytes that are free where a path lies, or will once its folders are made; null where that cannot be told, as on some network drives.</summary>
    internal static long? FreeBytes(string path)
    {
        try
        {
            string? folder = Path.GetFullPath(path);
            while (folder is not null && !Directory.Exists(folder))
            {
                folder = Path.GetDirectoryName(folder);
            }

            return folder is null ? null : new DriveInfo(folder).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Whether a write failed because the disk is full.</summary>
    internal static bool IsFull(IOException e) => e.HResult is NoSpaceOnUnix or NoSpaceOnWindows;
}
