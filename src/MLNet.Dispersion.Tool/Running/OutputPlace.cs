namespace MLNet.Dispersion.Tool;

/// <summary>Sees, before work that takes long, whether its result can be written.</summary>
internal static class OutputPlace
{
    /// <summary>Requires that a file can be written there; nothing where none is named.</summary>
    /// <param name="option">The option that names it.</param>
    /// <param name="path">Its path; folders above it that are missing are made when it is written.</param>
    /// <exception cref="ToolException">It is a folder, or its folder takes no file.</exception>
    public static void RequireFile(string option, string? path)
    {
        if (path is null)
        {
            return;
        }

        if (path.Length == 0 || Path.EndsInDirectorySeparator(path) || Directory.Exists(path))
        {
            throw new ToolException($"{option}: '{path}' is a folder; add a file name.");
        }

        RequireFolder(option, path, Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Requires that a folder can be written, or files into the one that is there.</summary>
    /// <exception cref="ToolException">A file is there, or the folder takes no file.</exception>
    public static void RequireFolder(string option, string path) => RequireFolder(option, path, Path.GetFullPath(path));

    private static void RequireFolder(string option, string path, string folder)
    {
        while (!Directory.Exists(folder))
        {
            if (File.Exists(folder))
            {
                throw new ToolException($"{option}: '{path}' cannot be written, since '{folder}' is a file. Name another place.");
            }

            folder = Path.GetDirectoryName(folder) ?? throw new ToolException($"{option}: '{path}' cannot be written, since there is no '{folder}'. Name another place.");
        }

        try
        {
            using FileStream trial = new(Path.Combine(folder, $".{Path.GetRandomFileName()}"), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ToolException($"{option}: '{path}' cannot be written, since '{folder}' takes no file ({e.Message}). Name another place, or let this user write there.", e);
        }
    }
}
