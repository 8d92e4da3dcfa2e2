using System.IO.Enumeration;
using System.Text.Json;

namespace MLNet.Dispersion.Tests;

/// <summary>A folder of reference data: its files, the outcomes of its cases, and what required.json and lenient.json say of them.</summary>
internal sealed class ReferenceFolder
{
    private readonly string _root;
    private readonly ReferenceReport _report;
    private readonly Func<Exception, bool> _refuses;
    private readonly Lazy<JsonElement?> _lenient;
    private readonly List<string> _failures = [];
    private readonly List<string> _skips = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    /// <summary>Opens the folder, which must be there.</summary>
    /// <param name="root">The root of the reference data.</param>
    /// <param name="key">What required.json calls the folder: its path below fixtures, or models/&lt;name&gt;.</param>
    /// <param name="report">Where the outcomes go.</param>
    /// <param name="refuses">Whether an error is a refusal, one that names what is not supported.</param>
    public ReferenceFolder(string root, string key, ReferenceReport report, Func<Exception, bool> refuses)
    {
        _root = root;
        _report = report;
        _refuses = refuses;
        _lenient = new(FindLenient);
        Key = key;
        FullPath = PathOf(root, key);
        report.Mention(key);
    }

    /// <summary>What required.json and the report call the folder.</summary>
    public string Key { get; }

    /// <summary>Where it lies.</summary>
    public string FullPath { get; }

    /// <summary>How many cases there were.</summary>
    public int CaseCount { get; private set; }

    /// <summary>Cases that must not be as they are, each with the reason: the wrong ones, and the refused ones that required.json names.</summary>
    public IReadOnlyList<string> Failures => _failures;

    /// <summary>The skipped cases, each with the reason.</summary>
    public IReadOnlyList<string> Skips => _skips;

    /// <summary>The cases that required.json names and that none of those run so far was: a case that is never looked at must not pass for one that is equal.</summary>
    public IReadOnlyList<string> Missing => Required is { ValueKind: JsonValueKind.Array } names
        ? [.. names.EnumerateArray().Select(name => name.GetString()!).Where(name => !_names.Contains(name)).Order(StringComparer.Ordinal)]
        : [];

    /// <summary>The whole lenient.json beside the cases, for a form of its own; null where there is none.</summary>
    public JsonElement? Lenient => _lenient.Value;

    /// <summary>What the root's required.json says of the folder; null where it says nothing.</summary>
    private JsonElement? Required
    {
        get
        {
            string file = Path.Combine(_root, "fixtures", "required.json");
            return File.Exists(file) && ReadJson(file).TryGetProperty(Key, out JsonElement required) ? required : null;
        }
    }

    /// <summary>The place of a folder that required.json calls <paramref name="key"/>, whether it is there or not.</summary>
    public static string PathOf(string root, string key) => Path.Combine(root, IsModel(key) ? key : $"fixtures/{key}");

    /// <summary>The path of a file of the folder.</summary>
    public string FileOf(params string[] parts) => Path.Combine([FullPath, .. parts]);

    /// <summary>Whether the folder has that file.</summary>
    public bool Has(params string[] parts) => File.Exists(FileOf(parts));

    /// <summary>Reads a JSON file of the folder.</summary>
    public JsonElement Json(params string[] parts) => ReadJson(FileOf(parts));

    /// <summary>Runs a case: equal if <paramref name="compare"/> ends, refused if it ends in a refusal, skipped if it skips, wrong at any other error.</summary>
    public void Case(string name, Action compare)
    {
        try
        {
            compare();
            Note(name, ReferenceOutcome.Equal);
        }
        catch (SkipException reason)
        {
            Note(name, ReferenceOutcome.Skipped, reason.Message);
        }
        catch (Exception error) when (_refuses(error))
        {
            Note(name, ReferenceOutcome.Refused, error.Message);
        }
        catch (Exception error)
        {
            Note(name, ReferenceOutcome.Wrong, Describe(error));
        }
    }

    /// <summary>Runs a case that the reference refuses, or that must be refused: equal if we refuse too, else wrong.</summary>
    public void MustRefuse(string name, Action use) => Case(name, () =>
    {
        try
        {
            use();
        }
        catch (Exception error) when (_refuses(error))
        {
            return;
        }

        Assert.Fail("This must be refused, and was not.");
    });

    /// <summary>Whether lenient.json excuses a field of a case: { part: { case: [fields] } }, where <c>*</c> in the name of a case or a field stands for anything.</summary>
    public bool IsLenient(string part, string name, string field) =>
        Lenient is { } lenient && lenient.TryGetProperty(part, out JsonElement cases) && cases.ValueKind == JsonValueKind.Object
        && cases.EnumerateObject().Any(entry => Matches(entry.Name, name) && entry.Value.EnumerateArray().Any(pattern => Matches(pattern.GetString()!, field)));

    private void Note(string name, ReferenceOutcome outcome, string reason = "")
    {
        CaseCount++;
        _names.Add(name);
        _report.Add(Key, name, outcome);
        if (outcome == ReferenceOutcome.Skipped)
        {
            _skips.Add($"{Key}, {name}: {reason}");
        }
        else if (outcome == ReferenceOutcome.Wrong || (outcome == ReferenceOutcome.Refused && IsRequired(name)))
        {
            _failures.Add($"{Key}, {name}: {(outcome == ReferenceOutcome.Wrong ? "wrong" : "refused, but required")}: {reason}");
        }
    }

    /// <summary>Whether the case must be read and be equal: required.json says so, or it is one of a whole model, of which required.json has no lines and nothing may be refused.</summary>
    private bool IsRequired(string name) => IsModel(Key)
        || (Required is { } required && (required.ValueKind == JsonValueKind.String ? required.GetString() == "all" : required.EnumerateArray().Any(item => item.GetString() == name)));

    private static bool IsModel(string key) => key.StartsWith("models/", StringComparison.Ordinal);

    /// <summary>The lenient.json of the folder, else of the next folder above it that has one.</summary>
    private JsonElement? FindLenient()
    {
        for (string? folder = FullPath; folder is not null && folder.Length > _root.Length; folder = Path.GetDirectoryName(folder))
        {
            string file = Path.Combine(folder, "lenient.json");
            if (File.Exists(file))
            {
                return ReadJson(file);
            }
        }

        return null;
    }

    private static JsonElement ReadJson(string file) => JsonSerializer.Deserialize<JsonElement>(File.ReadAllBytes(file));

    private static bool Matches(string pattern, string name) => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false);

    private static string Describe(Exception error) => error is Xunit.Sdk.IAssertionException ? error.Message : $"{error.GetType().Name}: {error.Message}";
}
