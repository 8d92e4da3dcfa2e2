using System.Runtime.InteropServices;
using TorchSharp;

namespace MLNet.Dispersion;

/// <summary>What of TorchSharp's native files this application has.</summary>
/// <param name="Platform">The platform in NuGet's words, for example <c>linux-x64</c>.</param>
/// <param name="TorchSharp">The version of TorchSharp.dll.</param>
/// <param name="Wrapper">The path of TorchSharp's own native file, LibTorchSharp; null where it is absent.</param>
/// <param name="LibTorch">The path of libtorch's main file, torch_cpu; null where it is absent.</param>
/// <param name="LoaderError">What the system said when it was asked to load <paramref name="Wrapper"/>; null where it loads or was not asked.</param>
internal sealed record TorchInstallation(
    string Platform, Version TorchSharp, string? Wrapper, string? LibTorch, Exception? LoaderError)
{
    /// <summary>Gets the version of TorchSharp.dll in this process.</summary>
    public static Version TorchSharpVersion { get; } = typeof(torch).Assembly.GetName().Version ?? new Version(0, 0);

    /// <summary>Looks at the files where .NET looks for native libraries, and on Linux tries to load them.</summary>
    public static TorchInstallation Find()
    {
        string platform = $"{OperatingSystemName()}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
        string[] folders = [.. SearchFolders(platform)];
        string? wrapper = FindFile(folders, "LibTorchSharp");
        string? libTorch = FindFile(folders, "torch_cpu");

        // Only Linux refuses a file for its symbol versions; elsewhere the order of loading matters and is TorchSharp's affair.
        Exception? error = OperatingSystem.IsLinux() && wrapper is not null && libTorch is not null ? TryLoad(wrapper) : null;
        return new TorchInstallation(platform, TorchSharpVersion, wrapper, libTorch, error);
    }

    private static string OperatingSystemName() =>
        OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux";

    private static IEnumerable<string> SearchFolders(string platform)
    {
        yield return AppContext.BaseDirectory;
        yield return Path.Combine(AppContext.BaseDirectory, "runtimes", platform, "native");
        string known = AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "";
        foreach (string folder in known.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            yield return folder;
        }
    }

    private static string? FindFile(string[] folders, string name)
    {
        string file = OperatingSystem.IsWindows() ? $"{name}.dll" : OperatingSystem.IsMacOS() ? $"lib{name}.dylib" : $"lib{name}.so";
        return folders.Select(folder => Path.Combine(folder, file)).FirstOrDefault(File.Exists);
    }

    private static Exception? TryLoad(string path)
    {
        try
        {
            NativeLibrary.Load(path);
            return null;
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            return e;
        }
    }
}
