using System.CommandLine;
using MLNet.Dispersion;
using MLNet.Dispersion.Examples.Diagnose;
using Spectre.Console;

var model = new Option<string?>("--model") { Description = "A checkpoint directory, a GGUF file, or a model.zip that ML.NET saved. Default: the embedded TinyEnglish." };
var compare = new Option<string?>("--compare") { Description = "A second model, to set beside the first." };
var texts = new Option<string>("--texts") { Description = "A text file, one text a line.", DefaultValueFactory = _ => TextFile.OwnPassages };
var outputPath = new Option<string>("--out") { Description = "The HTML report; its figures go beside it as .json, four of its pictures as .png.", DefaultValueFactory = _ => "report.html" };
var maxTexts = new Option<int>("--max-texts") { Description = "The most texts to measure.", DefaultValueFactory = _ => 100 };
var maxTokens = new Option<int>("--max-tokens") { Description = "The most tokens of a text.", DefaultValueFactory = _ => 512 };
var spectra = new Option<int?>("--spectra") { Description = "Of how many texts to take singular values. Default: all of up to 20 texts, else 2." };
var layers = new Option<bool>("--layer-by-layer") { Description = "Read one layer's weights at a time, for models larger than memory." };
var root = new RootCommand("Shows how condensed a language model's token embeddings are, layer by layer.") { model, compare, texts, outputPath, maxTexts, maxTokens, spectra, layers };
root.SetAction(arguments =>
{
    try
    {
        TorchRuntime.EnsureLoaded();
        var output = new Output(arguments.GetValue(outputPath)!);
        Subject[] subjects = arguments.GetValue(compare) is { } second
            ? [new Subject(arguments.GetValue(model)), new Subject(second)]
            : [new Subject(arguments.GetValue(model))];
        string[] sample = [.. TextFile.Read(arguments.GetValue(texts)!).Take(Math.Max(1, arguments.GetValue(maxTexts)))];
        var options = new CondensationReportOptions
        {
            MaxTexts = arguments.GetValue(maxTexts),
            MaxTokens = arguments.GetValue(maxTokens),
            SpectrumTexts = arguments.GetValue(spectra) ?? (sample.Length <= 20 ? int.MaxValue : 2),
            LayerByLayer = arguments.GetValue(layers),
        };
        output.Write([.. subjects.Select(subject => subject.Measure(sample, options))]);
        return 0;
    }
    catch (Exception e) when (e is UserException or ArgumentException or IOException or UnauthorizedAccessException or TorchUnavailableException)
    {
        AnsiConsole.MarkupLineInterpolated($"[red]{e.Message}[/]");
        return 1;
    }
});
return root.Parse(args).Invoke();
