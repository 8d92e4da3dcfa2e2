namespace MLNet.Dispersion.Tests;

/// <summary>
/// Base of the tests that compare with answers of a reference. All of them have one shape, so that they run on any data of the same formats: nothing of a data set is in the code, no name of a case,
/// no count and no shape, only its format and the tolerances that its README states.
/// </summary>
/// <remarks>
/// A test for another folder is a class derived from this one, in the test project of what it tests, whose facts are <c>[SkippableFact]</c>. Each hands <see cref="Check"/> the folder's name as required.json
/// has it, and a method that enumerates the cases from the folder's own files and runs each by <see cref="ReferenceFolder.Case"/>, or by <see cref="ReferenceFolder.MustRefuse"/> where the reference or the
/// README refuses. Inside a case plain assertions compare; fields that <see cref="ReferenceFolder.IsLenient"/> excuses are left out. The rest follows by itself: skipping where the data are absent, failing where
/// a folder yields no case or not every one that required.json names, the outcomes, the rule of required.json, and the report's line. Folders known by their format alone go to <see cref="CheckEach"/>. Several facts may look at one case: its gravest
/// outcome counts. A test project without these files links <c>../Shared/Reference*.cs</c>, <c>SharedFixtures.cs</c> and <c>Checkout.cs</c> from there, which need nothing but xunit.
/// </remarks>
[Collection(ReferenceCollection.Name)]
[Trait("Category", "Reference")]
public abstract class ReferenceTests
{
    /// <summary>Stands in the report for what goes wrong outside the cases, such as a damaged file that lists them.</summary>
    private const string Enumeration = "(enumeration)";

    /// <summary>Runs the cases of a folder.</summary>
    /// <param name="key">What required.json calls it: its path below fixtures, or models/&lt;name&gt;.</param>
    /// <param name="cases">Enumerates and runs the cases.</param>
    /// <param name="refuses">Whether an error names what is not supported; null: a <see cref="NotSupportedException"/> does.</param>
    /// <param name="everyCase">Whether <paramref name="cases"/> comes by every case, so that one which required.json names must appear; false for a look at other things in the folder.</param>
    private protected static void Check(string key, Action<ReferenceFolder> cases, Func<Exception, bool>? refuses = null, bool everyCase = true) =>
        CheckBelow(SharedFixtures.Root, [key], ReferenceReport.OfAssembly, cases, refuses, everyCase);

    /// <summary>Runs the cases of several folders, and fails at the end with all that failed.</summary>
    private protected static void CheckEach(IEnumerable<string> keys, Action<ReferenceFolder> cases, Func<Exception, bool>? refuses = null) =>
        CheckBelow(SharedFixtures.Root, keys, ReferenceReport.OfAssembly, cases, refuses);

    /// <summary>The same with a root and a report of one's own.</summary>
    internal static void CheckBelow(string root, IEnumerable<string> keys, ReferenceReport report, Action<ReferenceFolder> cases, Func<Exception, bool>? refuses = null, bool everyCase = true)
    {
        var failures = new List<string>();
        var skips = new List<string>();
        bool ran = false;
        foreach (string key in keys)
        {
            string path = ReferenceFolder.PathOf(root, key);
            if (!Directory.Exists(path))
            {
                report.Mention(key);
                skips.Add(SharedFixtures.Absent(path));
                continue;
            }

            var folder = new ReferenceFolder(root, key, report, refuses ?? (error => error is NotSupportedException));
            bool ended = Run(folder, cases);
            failures.AddRange(folder.Failures);
            skips.AddRange(folder.Skips);
            ran |= folder.CaseCount > folder.Skips.Count;
            if (folder.CaseCount == 0)
            {
                failures.Add($"{key}: the folder is there and yields no case ({path}).");
            }

            if (ended && everyCase && folder.Missing is { Count: > 0 } missing)
            {
                failures.Add($"{key}: required, but no case here: {string.Join(", ", missing)} ({path}).");
            }
        }

        Assert.True(failures.Count == 0, string.Join('\n', failures));
        Skip.IfNot(ran, skips.Count > 0 ? string.Join('\n', skips) : $"No folder under {root} has the format that this test reads.");
    }

    /// <summary>Runs the cases, and says whether all were come by.</summary>
    private static bool Run(ReferenceFolder folder, Action<ReferenceFolder> cases)
    {
        try
        {
            cases(folder);
            return true;
        }
        catch (SkipException reason)
        {
            folder.Case(Enumeration, () => Skip.If(true, reason.Message));
        }
        catch (Exception error)
        {
            folder.Case(Enumeration, () => throw new InvalidDataException($"the cases could not be enumerated: {error.Message}", error));
        }

        return false;
    }
}
