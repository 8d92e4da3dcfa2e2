using System.Text;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.Models.Families;

/// <summary>docs/compatibility.md says what each family does, as a run of <see cref="EveryFamilyTests"/> found.</summary>
public sealed class FamilyTableTests
{
    private const string Begin = "<!-- families: drawn by tests/MLNet.Dispersion.Core.Tests/Models/Families/FamilyTableTests.cs -->";
    private const string End = "<!-- end of families -->";

    private static readonly (string Column, Func<string, bool> Applies, Action<EveryFamilyTests, string> Check)[] Columns =
    [
        ("load and save", _ => true, (tests, name) => tests.Model_IsSavedWhole(name)),
        ("train", _ => true, Trained),
        ("LoRA", _ => true, (tests, name) => tests.Adapter_OfTheDefaultTargets_ChangesTheStatesMergesAndGetsGradients(name)),
        ("bfloat16", _ => true, (tests, name) => tests.Forward_BFloat16_StaysNearFloat32AndHasGradients(name)),
        ("padding on either side", _ => true, (tests, name) => tests.Forward_PaddedOnEitherSide_GivesRealTokensTheSameStates(name)),
        ("own classifier", _ => true, (tests, name) => tests.Classifier_OnTheModel_TrainsScoresAndIsSaved(name)),
        ("heads", HasHeads, (tests, name) => tests.Heads_OfTheFamilysOwn_AreSavedAndLoaded(name)),
        ("cache", SmallFamilies.IsDecoder, (tests, name) => tests.Continue_InPieces_EqualsForwardOfTheWhole(name)),
        ("generate", SmallFamilies.IsDecoder, (tests, name) => tests.Generate_WithACache_WritesWhatReadingEverythingAgainWrites(name)),
    ];

    [Fact]
    public void Page_ShowsEveryFamily()
    {
        string file = Path.Combine(Checkout.Folder, "docs", "compatibility.md");
        string page = File.ReadAllText(file).ReplaceLineEndings("\n");
        int begin = page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, end = page.IndexOf(End, StringComparison.Ordinal);
        Assert.True(begin >= Begin.Length && end > begin, "docs/compatibility.md has no place for the table of families.");
        if (Environment.GetEnvironmentVariable("UPDATE_FAMILIES") == "1")
        {
            File.WriteAllText(file, $"{page[..begin]}\n\n{Drawn((check, name) => Works(check, name) ? "yes" : "no")}\n{page[end..]}");
            return;
        }

        // The checks are tests of their own: where they pass, all that applies is there.
        Assert.True(
            page[begin..end].Trim() == Drawn((_, _) => "yes").Trim(),
            "docs/compatibility.md does not show the families as they are. Run this test with the variable UPDATE_FAMILIES=1 and commit the page.");
    }

    private static string Drawn(Func<Action<EveryFamilyTests, string>, string, string> found)
    {
        var text = new StringBuilder($"| `model_type` | {string.Join(" | ", Columns.Select(column => column.Column))} |\n|---|{string.Concat(Columns.Select(_ => "---|"))}\n");
        foreach (string type in SmallFamilies.ModelTypes.Order(StringComparer.Ordinal))
        {
            string[] names = SmallFamilies.NamesOf(type);
            IEnumerable<string> cells = Columns.Select(column => !column.Applies(type) ? "-" : names.All(name => found(column.Check, name) == "yes") ? "yes" : "no");
            text.Append($"| `{type}` | {string.Join(" | ", cells)} |\n");
        }

        return text.ToString();
    }

    /// <summary>What the family is for: a decoder learns to predict tokens, an encoder to tell classes apart, both with a loss that falls.</summary>
    private static void Trained(EveryFamilyTests tests, string name)
    {
        if (SmallFamilies.IsDecoder(name))
        {
            tests.Model_Trained_LearnsAndMovesItsWeights(name);
        }
        else
        {
            tests.Classifier_TrainedOnAnEncoder_LearnsAndMovesItsWeights(name);
        }
    }

    private static bool HasHeads(string type)
    {
        using LanguageBackbone backbone = SmallFamilies.Backbone(SmallFamilies.NamesOf(type)[0]);
        return backbone.Heads.Count > 0;
    }

    private static bool Works(Action<EveryFamilyTests, string> check, string name)
    {
        using var tests = new EveryFamilyTests();
        try
        {
            check(tests, name);
            return true;
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            return false;
        }
    }
}
