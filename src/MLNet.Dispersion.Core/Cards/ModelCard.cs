using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace MLNet.Dispersion;

/// <summary>The README.md of a saved directory, with the metadata that the Hugging Face hub reads: what the library knows of the model, and nothing else.</summary>
internal sealed partial record ModelCard
{
    internal const string FileName = "README.md";

    /// <summary>The hub's name of making vectors of texts.</summary>
    internal const string Features = "feature-extraction";

    /// <summary>By this, a card that the library wrote is told from one that a person wrote, which stays.</summary>
    private const string Marker = "<!-- Written by MLNet.Dispersion, which replaces this page when it saves here again. Delete this line to keep a page of your own. -->";

    private static readonly string[] Licence = ["license", "license_name", "license_link"];

    /// <summary>What the model is called: its directory's name.</summary>
    internal required string Title { get; init; }

    /// <summary>What the model was loaded from is called.</summary>
    internal required string BaseName { get; init; }

    /// <summary>The card of what it was loaded from.</summary>
    internal required BaseCard Base { get; init; }

    /// <summary>The <c>model_type</c> of config.json.</summary>
    internal required string ModelType { get; init; }

    /// <summary>The hub's name of the task; null where it has none.</summary>
    internal required string? Task { get; init; }

    /// <summary>Whether the directory holds an adapter without its base.</summary>
    internal bool IsAdapter { get; init; }

    /// <summary>Whether the weights lie there in files that Hugging Face's library reads.</summary>
    internal bool IsOfTransformers { get; init; } = true;

    /// <summary>What was done with the weights since they were loaded, in order.</summary>
    internal IReadOnlyList<TrainingNote> Trainings { get; init; } = [];

    /// <summary>The base's name on the hub: a name of the form owner/name, else that which the base's own card gives; null where neither is known.</summary>
    private string? BaseModel => HubName().IsMatch(BaseName) ? BaseName : Base.Fields.GetValueOrDefault("base_model");

    /// <summary>Whether a card may be written into a directory: none is there yet, or one that the library wrote.</summary>
    internal static bool MayReplace(string directory)
    {
        string path = Path.Combine(directory, FileName);
        return !File.Exists(path) || File.ReadLines(path).Contains(Marker);
    }

    /// <summary>Writes it.</summary>
    internal void Write(FileSink sink) => sink.Write(FileName, stream => stream.Write(Encoding.UTF8.GetBytes(ToString())));

    /// <inheritdoc/>
    public override string ToString()
    {
        var page = new StringBuilder("---\n");
        Field(page, "base_model", BaseModel);
        Field(page, "base_model_relation", BaseModel is null ? null : IsAdapter ? "adapter" : Trainings.Count > 0 ? "finetune" : null);
        foreach (string key in Licence)
        {
            Field(page, key, Base.Fields.GetValueOrDefault(key));
        }

        Field(page, "library_name", IsAdapter ? "peft" : IsOfTransformers ? "transformers" : null);
        Field(page, "pipeline_tag", Task);
        page.Append("tags:\n- mlnet-dispersion\n").Append(Trainings.Any(training => training.IsDispersed) ? "- dispersion-loss\n" : "").Append(IsAdapter ? "- lora\n" : "");
        page.Append("---\n\n").Append(Marker).Append("\n\n# ").Append(Line(Title)).Append("\n\n");
        page.Append(CultureInfo.InvariantCulture, $"{(IsAdapter ? "A low-rank adapter in PEFT's format for" : "Made from")} {Line(BaseModel ?? BaseName)} ({Line(ModelType)}) with MLNet.Dispersion, a library for fine-tuning in ML.NET.\n");
        for (int i = 0; i < Trainings.Count; i++)
        {
            string run = Trainings.Count > 1 ? string.Create(CultureInfo.InvariantCulture, $", run {i + 1}") : "";
            Table(page, "Training" + run, Trainings[i].Settings);
            Table(page, "Measured" + run, Trainings[i].Figures);
        }

        return page.ToString();
    }

    private static void Table(StringBuilder page, string title, IReadOnlyList<(string Name, string Value)> rows)
    {
        if (rows.Count > 0)
        {
            var table = new TextTable("what", "value") { AllLeanLeft = true };
            foreach (var (name, value) in rows)
            {
                table.Add(TextTable.EscapeMarkdown(name), TextTable.EscapeMarkdown(value));
            }

            page.Append("\n## ").Append(title).Append("\n\n").Append(table.ToMarkdown());
        }
    }

    private static void Field(StringBuilder page, string key, string? value)
    {
        if (value is not null)
        {
            page.Append(key).Append(": ").Append(Plain().IsMatch(value) ? value : JsonSerializer.Serialize(value)).Append('\n');
        }
    }

    /// <summary>A name that came from elsewhere, as it may stand in a line of text.</summary>
    private static string Line(string text) => TextTable.EscapeMarkdown(Printable.Name(text));

    [GeneratedRegex(@"^[A-Za-z0-9_][\w.-]*/[\w.-]*[A-Za-z0-9_]\z")]
    private static partial Regex HubName();

    /// <summary>What YAML takes for a text as it stands.</summary>
    [GeneratedRegex(@"^(?!(?i:true|false|yes|no|on|off|null|y|n)\z)[A-Za-z][A-Za-z0-9_./-]*\z")]
    private static partial Regex Plain();
}
