namespace MLNet.Dispersion.Build;

/// <summary>Makes a copy of a shared library loadable where the system lacks a symbol version that the library asks for needlessly.</summary>
internal static class SymbolVersionPatch
{
    /// <summary>
    /// Symbols that GCC 13 makes a program import without using them (a marker that the C++ streams are initialised by
    /// the library itself). Only where nothing else is bound to the version is it safe to do without it.
    /// </summary>
    private static readonly HashSet<string> UnusedSymbols = ["_ZSt21ios_base_library_initv"];

    /// <summary>
    /// Marks <paramref name="version"/> weak in the file. The file is replaced by a new one with the same time stamp and
    /// mode and never written to, so that other hard links to it keep their content.
    /// </summary>
    /// <param name="path">The file; left alone where it is no 64-bit little-endian ELF file.</param>
    /// <param name="version">The symbol version, for example <c>GLIBCXX_3.4.32</c>.</param>
    /// <param name="isProvided">Whether the system's library (name, e_machine of the file) has the version, so that nothing need be done.</param>
    /// <returns>The library that the version is asked of, or null where the file was left as it is.</returns>
    /// <exception cref="InvalidDataException">The file is damaged, or needs the version for a symbol that it may use.</exception>
    /// <exception cref="IOException">The file cannot be read or replaced.</exception>
    public static string? Apply(string path, string version, Func<string, ushort, bool> isProvided)
    {
        byte[] bytes = File.ReadAllBytes(path);
        if (!ElfImage.IsElf64LittleEndian(bytes))
        {
            return null;
        }

        ElfVersionNeed? need = ElfSymbolVersions.ReadNeeds(bytes).FirstOrDefault(need => need.Version == version);
        if (need is null || need.IsWeak || isProvided(need.Library, new ElfImage(bytes).Machine))
        {
            return null;
        }

        if (need.Symbols.FirstOrDefault(symbol => !UnusedSymbols.Contains(symbol)) is { } used)
        {
            throw new InvalidDataException($"it imports {used} from {version} of {need.Library}, which it cannot do without");
        }

        ElfSymbolVersions.MarkWeak(bytes, need);
        Replace(path, bytes);
        return need.Library;
    }

    private static void Replace(string path, byte[] bytes) => FreshFile.Write(path, bytes, fresh =>
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(fresh, File.GetUnixFileMode(path) | UnixFileMode.UserWrite);
        }

        // Copy steps compare size and time stamp with the original: with both equal they leave the new file alone.
        File.SetLastWriteTimeUtc(fresh, File.GetLastWriteTimeUtc(path));
    });
}
