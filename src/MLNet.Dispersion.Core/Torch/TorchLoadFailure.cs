using System.Text.RegularExpressions;

namespace MLNet.Dispersion;

/// <summary>Explains why libtorch does not load. Pure: it judges by the exception and the facts that it is given.</summary>
internal static partial class TorchLoadFailure
{
    private static readonly string[] SupportedPlatforms = ["linux-x64", "win-x64", "win-arm64", "osx-arm64"];

    /// <summary>Whether an exception can come from libtorch that does not load, or from versions that do not fit each other.</summary>
    public static bool IsOne(Exception error) =>
        error is TypeInitializationException or NotSupportedException or BadImageFormatException
            or MissingMemberException or TypeLoadException or FileNotFoundException or FileLoadException;

    /// <summary>Whether the loader refused a file for a symbol version that this system lacks.</summary>
    public static bool IsSystemTooOld(string loaderMessage) => MissingSymbolVersion().IsMatch(loaderMessage);

    /// <summary>The cause and the cure, for the message of a <see cref="TorchUnavailableException"/>.</summary>
    /// <param name="error">What was thrown, by TorchSharp or by the loader.</param>
    /// <param name="installation">What native files the application has.</param>
    public static string Explain(Exception error, TorchInstallation installation)
    {
        while (error is TypeInitializationException { InnerException: { } inner })
        {
            error = inner;
        }

        string told = $"{error.Message}\n{installation.LoaderError?.Message}";
        string cause =
            !SupportedPlatforms.Contains(installation.Platform) ? ExplainPlatform(installation)
            : MissingSymbolVersion().Match(told) is { Success: true } version ? ExplainOldSystem(version.Groups[1].Value, installation)
            : IsVersionMix(error, told) ? ExplainVersionMix(error, installation)
            : installation.LibTorch is null ? ExplainNoLibTorch(error.Message, installation)
            : IsWindowsIssue(installation) ? ExplainWindowsIssue(installation)
            : ExplainOther(error, installation);
        return $"TorchSharp's native library does not load. {cause}";
    }

    private static string ExplainPlatform(TorchInstallation installation) =>
        $"TorchSharp {installation.TorchSharp.ToString(3)} has no native files for {installation.Platform}, "
        + $"only for {string.Join(", ", SupportedPlatforms)}. Run the application as one of these (a 64-bit process).";

    private static string ExplainOldSystem(string version, TorchInstallation installation)
    {
        string cause = $"{installation.Wrapper ?? "It"} asks for the symbol version {version}, which this system's libraries lack. ";
        return version.StartsWith("GLIBCXX_", StringComparison.Ordinal)
            ? cause + "MLNet.Dispersion's build step replaces the copy in the output folder by one that loads without it: reference the "
                + "NuGet package MLNet.Dispersion (or MLNet.Dispersion.Core) in the application's own project and build it again. Where it "
                + "is built on a newer system than this, set <MLNetDispersionWeakenSymbolVersions>always</MLNetDispersionWeakenSymbolVersions> "
                + "in that project. Or use a system with GCC 13's libstdc++ (Debian 13, Ubuntu 24.04 or newer)."
            : cause + "Use a newer Linux distribution (Debian 12, Ubuntu 22.04 or newer).";
    }

    private static bool IsVersionMix(Exception error, string told) =>
        error is MissingMemberException or FileNotFoundException or FileLoadException or (TypeLoadException and not DllNotFoundException)
        || told.Contains("undefined symbol", StringComparison.Ordinal);

    private static string ExplainVersionMix(Exception error, TorchInstallation installation) =>
        $"TorchSharp {installation.TorchSharp.ToString(3)}, its native file and libtorch are not of one version ({FirstLine(error.Message)}). "
        + "Let the application reference one version of TorchSharp and the libtorch package made for it: a reference of its own to TorchSharp, "
        + "TorchSharp-cpu or libtorch-* in another version is the usual cause. Then delete its bin and obj folders and build again.";

    private static string ExplainNoLibTorch(string message, TorchInstallation installation)
    {
        string cpu = $"libtorch-cpu-{installation.Platform}";
        string version = NamedVersion().Match(message) is { Success: true } match ? $" --version {match.Groups[1].Value}" : "";
        string cuda = installation.Platform switch
        {
            "linux-x64" => " For NVIDIA GPUs: TorchSharp-cuda-linux.",
            "win-x64" => " For NVIDIA GPUs: TorchSharp-cuda-windows.",
            _ => "",
        };
        return "The application has no libtorch: libraries leave the choice to it. "
            + $"Add the package to the application's project: dotnet add package {cpu}{version}.{cuda}";
    }

    private static bool IsWindowsIssue(TorchInstallation installation) =>
        installation.Platform.StartsWith("win-", StringComparison.Ordinal)
        && installation.TorchSharp is { Major: 0, Minor: 107, Build: 0 };

    private static string ExplainWindowsIssue(TorchInstallation installation) =>
        $"TorchSharp {installation.TorchSharp.ToString(3)} is reported not to load on Windows (https://github.com/dotnet/TorchSharp/issues/1567). "
        + "Build MLNet.Dispersion and the application with TorchSharp 0.106.0 there (-p:TorchSharpVersion=0.106.0 in its source tree) "
        + "and with the libtorch package made for that.";

    private static string ExplainOther(Exception error, TorchInstallation installation)
    {
        string loader = installation.LoaderError is { } said ? $" The system's loader says: {said.Message.Trim()}" : "";
        return $"{error.GetType().Name}: {FirstLine(error.Message)}{loader} Looked at {installation.Wrapper} and {installation.LibTorch}. "
            + "Check that these are complete, for this platform, and of versions that belong together.";
    }

    private static string FirstLine(string text) => text.Trim().Split('\n')[0].Trim();

    [GeneratedRegex(@"version [`'""]?((?:GLIBCXX|CXXABI|GLIBC)_[0-9.]+)[`'""]? not found")]
    private static partial Regex MissingSymbolVersion();

    [GeneratedRegex(@"Version=(\d+\.\d+\.\d+)")]
    private static partial Regex NamedVersion();
}
