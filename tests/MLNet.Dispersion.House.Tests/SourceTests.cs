using System.Text.RegularExpressions;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.House.Tests;

/// <summary>What every source file keeps to.</summary>
public sealed partial class SourceTests
{
    [Fact]
    public void File_HoldsOnePublicType()
    {
        foreach (string file in SourceFiles())
        {
            int types = PublicType().Count(File.ReadAllText(file));
            Assert.True(types <= 1, $"{file} declares {types} public types.");
        }
    }

    [Fact]
    public void Source_NeverReseedsTheGlobalGenerator()
    {
        foreach (string file in SourceFiles())
        {
            Assert.DoesNotMatch(@"\b(torch|random)\.(manual_seed|set_rng_state)\(", File.ReadAllText(file));
        }
    }

    private static IEnumerable<string> SourceFiles() => Directory
        .EnumerateFiles(Path.Combine(Checkout.Folder, "src"), "*.cs", SearchOption.AllDirectories)
        .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    [GeneratedRegex(@"^(?:\[[^\]]+\]\s*)?public (?:(?:static|sealed|abstract|readonly|partial) )*(?:class|record|struct|interface|enum) ", RegexOptions.Multiline)]
    private static partial Regex PublicType();
}
