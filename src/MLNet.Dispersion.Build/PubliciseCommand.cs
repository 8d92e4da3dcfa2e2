namespace MLNet.Dispersion.Build;

/// <summary><c>publicise ASSEMBLY COPY</c>: writes a copy of an assembly to compile against, in which <c>internal</c> reads <c>public</c>.</summary>
internal static class PubliciseCommand
{
    /// <summary>Writes the copy; a file that is no assembly, or cannot be read or written, is an error of the build.</summary>
    public static int Run(string assembly, string copy, TextWriter output)
    {
        try
        {
            byte[] bytes = PublicisedAssembly.Create(File.ReadAllBytes(assembly));
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(copy))!);
            FreshFile.Write(copy, bytes);
            return 0;
        }
        catch (Exception e) when (e is IOException or BadImageFormatException or UnauthorizedAccessException)
        {
            output.WriteLine($"{assembly} : error MLND003: no copy to compile against could be made at {copy}: {e.Message}");
            return 1;
        }
    }
}
