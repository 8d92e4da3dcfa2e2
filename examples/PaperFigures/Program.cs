using System.CommandLine;
using MLNet.Dispersion;
using MLNet.Dispersion.Examples;
using MLNet.Dispersion.Examples.PaperFigures;
using Spectre.Console;

var list = new Argument<string[]>("models") { Description = "Models: folders, GGUF files, names on the hub (openai-community/gpt2; OWNER/NAME:FILE.gguf), TinyEnglish or TinySentences; each as FAMILY=MODEL where models of one family share a line by size.", DefaultValueFactory = _ => ["TinyEnglish"] };
var texts = new Option<string[]>("--texts") { Description = "Kinds of texts, each NAME=FILE: a .txt, or a .jsonl, .jsonl.gz or .tsv with a field \"text\". The first is that of the pictures by model. Default: the documentation that comes with the .NET SDK.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [] };
var output = new Option<DirectoryInfo>("--out") { Description = "Where everything goes; the same folder goes on after an interruption.", DefaultValueFactory = _ => new("paper-figures") };
var maxTexts = new Option<int>("--max-texts") { Description = "The most texts of each kind. Published: 100.", DefaultValueFactory = _ => 100 };
var tokens = new Option<int>("--tokens") { Description = "The tokens that each text is cut to; shorter ones are left out. Published: 512.", DefaultValueFactory = _ => 512 };
var whole = new Option<bool>("--whole") { Description = "Load models whole instead of one layer at a time: somewhat faster, for models that fit in memory." };
var states = new Option<int>("--state-memory") { Description = "The most MiB of hidden states that are held; texts beyond it take another run through the weights.", DefaultValueFactory = _ => 1024 };
var root = new RootCommand("Draws the paper's figures of condensation for a list of models: heat maps, trend by depth, by size and by kind of text.") { list, texts, output, maxTexts, tokens, whole, states };
root.SetAction(arguments =>
{
    try
    {
        TorchRuntime.EnsureLoaded();
        (int most, int length) = (Math.Max(1, arguments.GetValue(maxTexts)), Math.Max(2, arguments.GetValue(tokens)));
        NamedModel[] models = [.. arguments.GetValue(list)!.Select(NamedModel.Parse)];
        string[] files = arguments.GetValue(texts)!;
        TextSource[] sources = files.Length == 0 ? [TextSource.OfDotNet(most, length)] : [.. files.Select(file => TextSource.Parse(file, most, length))];
        RefuseTwins(models.Select(model => model.Name), "models");
        RefuseTwins(sources.Select(source => source.Name), "kinds of texts");
        string folder = arguments.GetValue(output)!.FullName;
        string reports = Path.Combine(folder, "reports");
        Directory.CreateDirectory(reports);
        var measurements = new Measurements(reports, new CondensationReportOptions
        {
            MaxTexts = most,
            MaxTokens = length,
            MinTokens = length,
            LayerByLayer = !arguments.GetValue(whole),
            MaxStateBytes = (long)arguments.GetValue(states) << 20,
        });
        measurements.Run(models, sources);
        if (measurements.Done.Count > 0)
        {
            var result = new Output(folder, measurements.Done);
            result.Write();
            result.Print();
        }

        foreach (string failure in measurements.Failures)
        {
            AnsiConsole.MarkupLineInterpolated($"[red]{failure}[/]");
        }

        return measurements.Failures.Count > 0 ? 1 : 0;
    }
    catch (Exception e) when (e is UserException or ArgumentException or IOException or UnauthorizedAccessException or TorchUnavailableException)
    {
        AnsiConsole.MarkupLineInterpolated($"[red]{e.Message}[/]");
        return 1;
    }
});
return root.Parse(args).Invoke();

static void RefuseTwins(IEnumerable<string> names, string what)
{
    if (names.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(twins => twins.Count() > 1) is { } twins)
    {
        throw new UserException($"Two of the {what} are called '{twins.Key}': give one of them another name.");
    }
}
