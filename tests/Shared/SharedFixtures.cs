namespace MLNet.Dispersion.Tests;

/// <summary>Finds the reference data beside the checkout; tests that need it skip, and say so, where it is absent.</summary>
internal static class SharedFixtures
{
    private static readonly string? Root = Find();

    /// <summary>The absolute path of a file or folder below the shared reference data; skips the calling test where there is none.</summary>
    public static string Path(params string[] parts)
    {
        Skip.If(Root is null, "reference data absent: this test needs the folder 'shared' beside the checkout");
        return System.IO.Path.Combine([Root!, .. parts]);
    }

    /// <summary>The same below shared/fixtures.</summary>
    public static string Fixture(params string[] parts) => Path(["fixtures", .. parts]);

    private static string? Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string candidate = System.IO.Path.Combine(folder.FullName, "shared");
            if (File.Exists(System.IO.Path.Combine(candidate, "fixtures", "README.md")))
            {
                return candidate;
            }
        }

        return null;
    }
}
