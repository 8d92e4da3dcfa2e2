using System.Reflection;

namespace MLNet.Dispersion;

/// <summary>The task files inside the assembly.</summary>
internal static class BuiltInTasks
{
    private const string Folder = "Evaluation/Tasks/";

    /// <summary>Gets the names: the ten published tasks in the published order, then what else there is.</summary>
    public static IReadOnlyList<string> Names { get; } = Array.AsReadOnly<string>(
    [
        "anli_r2", "lambada_openai", "openbookqa", "piqa", "truthfulqa_mc2", "winogrande", "arc_easy", "arc_challenge", "medmcqa", "mmlu", "hellaswag", "truthfulqa_mc1",
    ]);

    /// <summary>The text of a task file.</summary>
    /// <exception cref="ArgumentException">There is none of this name.</exception>
    public static string Json(string name)
    {
        using Stream? stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(Folder + name + ".json");
        if (stream is null)
        {
            throw new ArgumentException($"There is no built-in task '{name}'; choose one of {string.Join(", ", Names)}, or load a task file of your own.", nameof(name));
        }

        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
