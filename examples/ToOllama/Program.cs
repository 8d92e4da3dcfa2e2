using System.CommandLine;
using MLNet.Dispersion;
using MLNet.Dispersion.Examples.ToOllama;
using Spectre.Console;

var texts = new Argument<FileInfo?>("texts") { Description = "A text file to train on, one text a line. Without one: the notes of a small island, which come with the example.", Arity = ArgumentArity.ZeroOrOne };
var model = new Option<string?>("--model") { Description = "The model: a directory in Hugging Face's format, a GGUF file, or a name on the hub such as Qwen/Qwen3-0.6B. Without it: TinyEnglish, which comes with the library." };
var output = new Option<DirectoryInfo>("--out") { Description = "Where the GGUF file and the Modelfile go.", DefaultValueFactory = _ => new DirectoryInfo("to-ollama") };
var type = new Option<GgufWeightType>("--type") { Description = "How weights are stored.", DefaultValueFactory = _ => GgufWeightType.Q8_0 };
var epochs = new Option<int>("--epochs") { Description = "Passes over the texts.", DefaultValueFactory = _ => 3 };
var lora = new Option<bool>("--lora") { Description = "Train a low-rank adapter, which is merged into the file, and not all weights." };
var prompt = new Option<string>("--prompt") { Description = "What the tuned model is asked to continue, to see what it has learnt.", DefaultValueFactory = _ => "The ferry" };
var root = new RootCommand("Fine-tunes a language model on your texts and writes what Ollama needs: one GGUF file and a Modelfile of three lines.") { texts, model, output, type, epochs, lora, prompt };
root.SetAction(arguments =>
{
    try
    {
        ModelSource source = Place.Open(arguments.GetValue(model));
        string[] lines = [.. File.ReadLines(arguments.GetValue(texts)?.FullName ?? Path.Combine(AppContext.BaseDirectory, "notes.txt")).Where(line => !string.IsNullOrWhiteSpace(line))];
        string folder = arguments.GetValue(output)!.FullName;
        using PretrainedLanguageModel tuned = PretrainedLanguageModel.Load(source);
        int length = Math.Min(256, tuned.Backbone.Info.ContextLength);
        TuningBar.Run(bar => LanguageModelTrainer.Train(tuned, TrainingBlocks.Packed(tuned, lines, length), new FineTuneOptions
        {
            Epochs = arguments.GetValue(epochs),
            MicroBatchSize = 4,
            ValidationFraction = 0,
            Lora = arguments.GetValue(lora) ? new LoraOptions() : null,
            Progress = bar,
        }));
        AnsiConsole.MarkupLineInterpolated($"[grey]{tuned.Generate([arguments.GetValue(prompt)!], new TextGenerationOptions { MaxNewTokens = 24, Temperature = 0 })[0].Text.ReplaceLineEndings(" ")}[/]");

        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(folder));
        tuned.SaveGguf(Path.Combine(folder, "model.gguf"), new GgufSaveOptions { Type = arguments.GetValue(type) });
        string[] modelfile = ["FROM ./model.gguf", "PARAMETER temperature 0.7", $"PARAMETER num_ctx {tuned.Backbone.Info.ContextLength}"];
        File.WriteAllLines(Path.Combine(folder, "Modelfile"), modelfile);
        Console.WriteLine($"{Path.Combine(folder, "Modelfile")}:\n");
        foreach (string line in modelfile)
        {
            Console.WriteLine(line);
        }

        Console.WriteLine($"\nollama create {name} -f \"{Path.Combine(folder, "Modelfile")}\" && ollama run {name}");
        return 0;
    }
    catch (Exception e) when (e is UserException or ModelFileException or NotSupportedException or ArgumentException or IOException or UnauthorizedAccessException)
    {
        AnsiConsole.MarkupLineInterpolated($"[red]{e.Message}[/]");
        return 1;
    }
});
return root.Parse(args).Invoke();
