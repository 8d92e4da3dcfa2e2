using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace MLNet.Dispersion.Tests;

/// <summary>Collects the outcomes of a test assembly's reference cases, and writes one JSON line a folder where DISPERSION_REPORT names a folder to write into.</summary>
internal sealed class ReferenceReport
{
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly SortedDictionary<string, SortedDictionary<string, ReferenceOutcome>> _folders = new(StringComparer.Ordinal);

    /// <summary>Of this assembly; <see cref="ReferenceCollection"/> writes it when the last of its reference tests is done.</summary>
    public static ReferenceReport OfAssembly { get; } = new();

    /// <summary>Notes that a test looked for the folder, be it there or not.</summary>
    public void Mention(string key)
    {
        lock (_folders)
        {
            Cases(key);
        }
    }

    /// <summary>Notes an outcome; the gravest of a case counts.</summary>
    public void Add(string key, string name, ReferenceOutcome outcome)
    {
        lock (_folders)
        {
            SortedDictionary<string, ReferenceOutcome> cases = Cases(key);
            cases[name] = cases.TryGetValue(name, out ReferenceOutcome before) && before > outcome ? before : outcome;
        }
    }

    /// <summary>One line a folder: {"folder": "hf/families", "ran": n, "equal": n, "refused": n, "wrong": n, "skipped": n, "cases": {name: outcome}}, where "ran" counts all but the skipped: the cases of which every look ended, and those that were wrong or refused in one.</summary>
    public IReadOnlyList<string> Lines()
    {
        lock (_folders)
        {
            return [.. _folders.Select(folder => Line(folder.Key, folder.Value))];
        }
    }

    /// <summary>Appends the lines, whole and at once, to &lt;assembly&gt;.jsonl in the folder that DISPERSION_REPORT names; without that variable, or without a line, does nothing.</summary>
    public void Write()
    {
        IReadOnlyList<string> lines = Lines();
        if (lines.Count > 0 && Environment.GetEnvironmentVariable("DISPERSION_REPORT") is { Length: > 0 } folder)
        {
            Directory.CreateDirectory(folder);
            File.AppendAllText(Path.Combine(folder, $"{Assembly.GetExecutingAssembly().GetName().Name}.jsonl"), string.Concat(lines.Select(line => line + "\n")));
        }
    }

    private SortedDictionary<string, ReferenceOutcome> Cases(string key)
    {
        if (!_folders.TryGetValue(key, out var cases))
        {
            _folders.Add(key, cases = new(StringComparer.Ordinal));
        }

        return cases;
    }

    private static string Line(string key, SortedDictionary<string, ReferenceOutcome> cases)
    {
        int Count(ReferenceOutcome outcome) => cases.Values.Count(value => value == outcome);
        return JsonSerializer.Serialize(
            new Dictionary<string, object>
            {
                ["folder"] = key,
                ["ran"] = cases.Count - Count(ReferenceOutcome.Skipped),
                ["equal"] = Count(ReferenceOutcome.Equal),
                ["refused"] = Count(ReferenceOutcome.Refused),
                ["wrong"] = Count(ReferenceOutcome.Wrong),
                ["skipped"] = Count(ReferenceOutcome.Skipped),
                ["cases"] = cases.ToDictionary(c => c.Key, c => Word(c.Value)),
            },
            Readable);
    }

    private static string Word(ReferenceOutcome outcome) => outcome switch
    {
        ReferenceOutcome.Equal => "equal",
        ReferenceOutcome.Refused => "refused",
        ReferenceOutcome.Wrong => "wrong",
        _ => "skipped",
    };
}
