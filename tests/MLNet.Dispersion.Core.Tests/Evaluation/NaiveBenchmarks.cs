using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace MLNet.Dispersion.Tests.Evaluation;

/// <summary>The prompts of the benchmarks written out by hand, straight from their files, without templates.</summary>
internal static class NaiveBenchmarks
{
    /// <summary>Context and continuation of every choice.</summary>
    public static (string Context, string Continuation)[] Choices(string task, JsonNode row) => task switch
    {
        "anli_r2" => Same($"{row["premise"]}\nQuestion: {row["hypothesis"]} True, False, or Neither?\nAnswer:", ["True", "Neither", "False"]),
        "lambada_openai" => Same($"{row["context"]}", [$"{row["target"]}"]),
        "openbookqa" => Same($"{row["question"]}", Texts(row["choices"])),
        "piqa" => Same($"Question: {row["goal"]}\nAnswer:", Texts(row["choices"])),
        "truthfulqa_mc1" => Same($"Q: {row["question"]}\nA:", Texts(row["mc1"]!["choices"])),
        "truthfulqa_mc2" => Same($"Q: {row["question"]}\nA:", Texts(row["mc2"]!["choices"])),
        "winogrande" => WinoGrande($"{row["sentence"]}", [$"{row["option1"]}", $"{row["option2"]}"]),
        "arc_easy" or "arc_challenge" => Same($"Question: {row["question"]}\nAnswer:", Texts(row["choices"])),
        "medmcqa" => Same($"Question: {row["question"]}\nChoices:\n{Lettered(row)}\nAnswer:", ["A", "B", "C", "D"]),
        "mmlu" => Same($"{$"{row["question"]}".Trim()}\n{Lettered(row)}\nAnswer:", ["A", "B", "C", "D"]),
        "hellaswag" => Same(Unmark($"{row["activity_label"]}: {row["ctx_a"]} {Capital($"{row["ctx_b"]}")}"), [.. Texts(row["endings"]).Select(Unmark)]),
        _ => throw new ArgumentException(task),
    };

    /// <summary>The choices as texts, whose length normalises.</summary>
    public static string[] ChoiceTexts(string task, JsonNode row) => task switch
    {
        "hellaswag" => [.. Texts(row["endings"]).Select(Unmark)],
        "medmcqa" or "mmlu" => ["A", "B", "C", "D"],
        _ => Texts(row["choices"]),
    };

    private static (string, string)[] Same(string context, string[] choices) => [.. choices.Select(choice => (context, " " + choice))];

    private static (string, string)[] WinoGrande(string sentence, string[] options)
    {
        string[] halves = sentence.Split('_', 2);
        return [.. options.Select(option => (halves[0] + option, " " + halves[1].Trim()))];
    }

    private static string[] Texts(JsonNode? array) => [.. array!.AsArray().Select(text => $"{text}")];

    private static string Lettered(JsonNode row) => string.Join("\n", Texts(row["choices"]).Select((text, i) => $"{"ABCDE"[i]}. {text}"));

    private static string Capital(string text) => text == string.Empty ? text : text[..1].ToUpperInvariant() + text[1..].ToLowerInvariant();

    private static string Unmark(string text) => Regex.Replace(text.Trim().Replace(" [title]", ". ", StringComparison.Ordinal), @"\[.*?\]", string.Empty).Replace("  ", " ", StringComparison.Ordinal);
}
