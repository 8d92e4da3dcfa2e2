namespace MLNet.Dispersion.Build;

/// <summary>
/// <c>weaken VERSION auto|always FILE...</c>: makes shared libraries in an output folder load on systems whose C++ run-time
/// library is older. Never fails a build: what cannot be done is a warning.
/// </summary>
internal static class WeakenCommand
{
    /// <summary>Treats each file and writes one line for each that was replaced or could not be treated.</summary>
    public static int Run(string version, bool always, IEnumerable<string> paths, TextWriter output)
    {
        foreach (string path in paths.Select(Path.GetFullPath))
        {
            try
            {
                Weaken(path, version, always, output);
            }
            catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
            {
                output.WriteLine(
                    $"{path} : warning MLND001: the need for {version} was not marked weak, so the file may not load on older Linux systems: {e.Message}");
            }
        }

        return 0;
    }

    private static void Weaken(string path, string version, bool always, TextWriter output)
    {
        string? library = SymbolVersionPatch.Apply(
            path, version, (name, machine) => !always && SystemLibrary.Provides(name, version, machine));
        if (library is not null)
        {
            output.WriteLine(
                $"MLNet.Dispersion: {path} no longer insists on {version} of {library}, which it does not use and older Linux systems lack.");
        }
    }
}
