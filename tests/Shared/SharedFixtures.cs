using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests;

/// <summary>Finds the reference data: the folder that DISPERSION_SHARED names, else ../shared beside the clone. Tests that need what is absent skip, and say so.</summary>
internal static class SharedFixtures
{
    private const string Variable = "DISPERSION_SHARED";

    private static readonly string Expected = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named
        ? System.IO.Path.GetFullPath(named)
        : System.IO.Path.GetFullPath(System.IO.Path.Combine(Checkout.Folder, "..", "shared"));

    /// <summary>The root of the reference data; skips the calling test where there is none.</summary>
    public static string Root
    {
        get
        {
            Skip.IfNot(Directory.Exists(Expected), Absent(Expected));
            return Expected;
        }
    }

    /// <summary>The absolute path of a file or folder below the root; skips the calling test where it is absent.</summary>
    public static string Path(params string[] parts)
    {
        string path = System.IO.Path.Combine([Root, .. parts]);
        Skip.IfNot(System.IO.Path.Exists(path), Absent(path));
        return path;
    }

    /// <summary>Whether there is that file or folder below the root; for what runs before tests do, and cannot skip.</summary>
    public static bool Has(params string[] parts) => System.IO.Path.Exists(System.IO.Path.Combine([Expected, .. parts]));

    /// <summary>What a skipped test says.</summary>
    public static string Absent(string path) =>
        $"Reference data absent: there is no {path}. Put the folder 'shared' beside the clone, or name its place in the environment variable {Variable}.";
}
