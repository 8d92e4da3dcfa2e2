using System.Globalization;
using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Models;

/// <summary>What a config.json says of the numbers that a head gives: their names, and what they mean.</summary>
/// <param name="Names">One for each number; empty where a config.json names none, as of spans and masked tokens.</param>
/// <param name="Problem">What they mean; null where the head is not for whole texts.</param>
internal sealed record HeadLabels(IReadOnlyList<string> Names, ProblemType? Problem)
{
    private const string ById = "id2label";
    private const string ByLabel = "label2id";
    private const string Count = "num_labels";
    private const string ProblemKey = "problem_type";

    private static readonly (string Word, ProblemType Problem)[] Problems =
    [
        ("single_label_classification", ProblemType.SingleLabel),
        ("multi_label_classification", ProblemType.MultiLabel),
        ("regression", ProblemType.Regression),
    ];

    /// <summary>Reads what a config.json says.</summary>
    /// <param name="config">The config.json.</param>
    /// <param name="task">What the head is for.</param>
    /// <param name="rows">The numbers that it gives.</param>
    /// <param name="weights">The file and the tensor that say so, for messages.</param>
    /// <exception cref="ModelFileException">Labels have holes, or stand there twice, or are not as many as the rows; or the problem type is unknown.</exception>
    internal static HeadLabels Read(ConfigReader config, HeadTask task, int rows, string weights)
    {
        if (task is HeadTask.Spans or HeadTask.MaskedTokens)
        {
            return new HeadLabels([], null);
        }

        IReadOnlyList<string> names = config.Has(ById) ? Named(config) : Default(rows);
        if (names.Count != rows)
        {
            throw config.Wrong(ById, $"names {names.Count} labels, but {weights} has {rows} rows. Take both from the same model");
        }

        if (config.Has(Count) && config.Size(Count) != rows)
        {
            throw config.Wrong(Count, $"is {config.Size(Count)}, but {weights} has {rows} rows. Remove it: {ById} says how many there are");
        }

        CheckIds(config, names);
        if (task != HeadTask.Sequence)
        {
            return new HeadLabels(names, null);
        }

        // Hugging Face's library would guess from the labels that it is trained on; one number alone is a value there too.
        string otherwise = Problems[rows == 1 ? ^1 : 0].Word;
        string word = config.OneOf(ProblemKey, otherwise, [.. Problems.Select(known => known.Word)]);
        return new HeadLabels(names, Problems.First(known => known.Word == word).Problem);
    }

    /// <summary>The names that Hugging Face's library gives where none are given.</summary>
    internal static IReadOnlyList<string> Default(int count) => [.. Enumerable.Range(0, count).Select(id => string.Create(CultureInfo.InvariantCulture, $"LABEL_{id}"))];

    /// <summary>Writes it into a config.json.</summary>
    internal void Write(JsonObject config)
    {
        config.Remove(Count);
        if (Names.Count > 0)
        {
            config[ById] = new JsonObject(Names.Select((name, id) => KeyValuePair.Create(id.ToString(CultureInfo.InvariantCulture), (JsonNode?)name)));
            config[ByLabel] = new JsonObject(Names.Select((name, id) => (name, id)).DistinctBy(pair => pair.name).Select(pair => KeyValuePair.Create(pair.name, (JsonNode?)pair.id)));
        }

        if (Problem is { } problem)
        {
            config[ProblemKey] = Problems.First(known => known.Problem == problem).Word;
        }
    }

    private static string[] Named(ConfigReader config)
    {
        var labels = new SortedDictionary<int, string>();
        foreach (var (key, value) in config.Section(ById)!.Root)
        {
            if (!int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out int id))
            {
                throw config.Wrong(ById, $"has the key '{Printable.Name(key)}'; keys must be whole numbers from 0");
            }

            string label = value is JsonValue text && text.TryGetValue(out string? name) ? name : throw config.Wrong(ById, $"holds {Printable.Name(value?.ToJsonString() ?? "null")} for {id}; labels must be texts");
            if (!labels.TryAdd(id, label))
            {
                throw config.Wrong(ById, $"holds the id {id} twice; each must stand there once");
            }
        }

        int hole = Enumerable.Range(0, labels.Count).FirstOrDefault(id => !labels.ContainsKey(id), -1);
        return hole < 0 ? [.. labels.Values] : throw config.Wrong(ById, $"has {labels.Count} labels and none for {hole}; ids must be 0 to {labels.Count - 1}");
    }

    /// <summary>What the file says of ids by labels must not go against the labels by ids, which count. Labels that those do not name are let be: many files have them.</summary>
    private static void CheckIds(ConfigReader config, IReadOnlyList<string> names)
    {
        foreach (var (label, value) in config.Section(ByLabel)?.Root ?? [])
        {
            bool isNumber = value is JsonValue number && number.TryGetValue(out int id) && (!names.Contains(label) || (id >= 0 && id < names.Count && names[id] == label));
            if (!isNumber)
            {
                throw config.Wrong(ByLabel, $"gives '{Printable.Name(label)}' the id {Printable.Name(value?.ToJsonString() ?? "null")}, which {ById} does not: correct one of the two");
            }
        }
    }
}
