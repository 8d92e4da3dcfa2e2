namespace MLNet.Dispersion.Build;

/// <summary>One symbol version that a shared library asks of another library (a Vernaux entry).</summary>
/// <param name="Library">The library that must provide the version, for example <c>libstdc++.so.6</c>.</param>
/// <param name="Version">The version's name, for example <c>GLIBCXX_3.4.32</c>.</param>
/// <param name="IsWeak">Whether VER_FLG_WEAK is set: the loader then starts the program even where the version is absent.</param>
/// <param name="Symbols">The imported symbols bound to this version.</param>
/// <param name="FlagsOffset">Where the entry's 16-bit flags lie in the file.</param>
internal sealed record ElfVersionNeed(
    string Library, string Version, bool IsWeak, IReadOnlyList<string> Symbols, int FlagsOffset);
