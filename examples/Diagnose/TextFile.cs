namespace MLNet.Dispersion.Examples.Diagnose;

/// <summary>Texts from a file, one a line; blank lines are skipped.</summary>
internal static class TextFile
{
    /// <summary>The texts that come with the example: twelve passages of prose.</summary>
    public static string OwnPassages => Path.Combine(AppContext.BaseDirectory, "passages.txt");

    /// <summary>Reads the file line by line, as far as it is asked to.</summary>
    /// <exception cref="UserException">The file is not there.</exception>
    public static IEnumerable<string> Read(string path) => File.Exists(path)
        ? File.ReadLines(path).Where(line => !string.IsNullOrWhiteSpace(line))
        : throw new UserException($"--texts: there is no file '{path}'. Name a text file with one text a line.");
}
