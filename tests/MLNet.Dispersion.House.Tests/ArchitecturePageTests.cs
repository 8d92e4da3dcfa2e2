using System.Text;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.House.Tests;

/// <summary>docs/architecture.md shows the table of rooms as it is.</summary>
public sealed class ArchitecturePageTests
{
    private const string Begin = "<!-- rooms: drawn from tests/MLNet.Dispersion.House.Tests/Rooms.cs -->";
    private const string End = "<!-- end of rooms -->";

    [Fact]
    public void Page_ShowsTheTable()
    {
        string file = Path.Combine(Checkout.Folder, "docs", "architecture.md");
        string page = File.ReadAllText(file).ReplaceLineEndings("\n");
        int begin = page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, end = page.IndexOf(End, StringComparison.Ordinal);
        if (Environment.GetEnvironmentVariable("UPDATE_ARCHITECTURE") == "1")
        {
            File.WriteAllText(file, page[..begin] + "\n\n" + Drawn() + "\n" + page[end..]);
            return;
        }

        Assert.True(
            page[begin..end].Trim() == Drawn().Trim(),
            "The page does not show the table of Rooms.cs. Run this test with the variable UPDATE_ARCHITECTURE=1 and commit the page.");
    }

    private static string Drawn()
    {
        var text = new StringBuilder("| room | may use |\n|---|---|\n");
        foreach (var (room, allowed) in Rooms.Allowed)
        {
            text.Append($"| `{room}` | {(allowed.Length == 0 ? "nothing" : string.Join(", ", allowed.Select(name => $"`{name}`")))} |\n");
        }

        return text.ToString();
    }
}
