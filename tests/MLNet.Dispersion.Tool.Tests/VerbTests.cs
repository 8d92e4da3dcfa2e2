using System.Text.Json;
using Microsoft.ML;

namespace MLNet.Dispersion.Tool.Tests;

public sealed class VerbTests : IDisposable
{
    private static readonly string[] Short = ["--max-steps", "2", "--batch-size", "8", "--seed", "3"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Diagnose_writes_table_report_and_picture()
    {
        string texts = _folder.Write("t.txt", "my invoice is charged again", "", "the parcel was broken today", "error again and again");

        CommandRun run = CommandRun.Done("diagnose", CommandRun.Tiny, "--compare", CommandRun.Tiny, "--texts", texts, "--html", _folder.File("r.html"), "--picture", _folder.File("p.svg"));

        Assert.Contains("embeddings", run.Out, StringComparison.Ordinal);
        Assert.Contains("<html", File.ReadAllText(_folder.File("r.html")), StringComparison.Ordinal);
        Assert.Contains("<svg", File.ReadAllText(_folder.File("p.svg")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_ending_of_a_picture_is_told_before_anything_is_measured()
    {
        CommandRun run = CommandRun.Of("diagnose", CommandRun.Tiny, "--texts", _folder.Write("t.txt", "a text of words"), "--picture", "p.gif");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(".png or .svg", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("measuring", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("finetune", "a-file/model.zip", "is a file")]
    [InlineData("finetune", "", "is a folder")]
    [InlineData("midtrain", "a-file/folder", "is a file")]
    [InlineData("midtrain", "a-folder.zip", "is a folder")]
    [InlineData("midtrain", "a-file", "is a file")]
    public void An_output_that_cannot_be_written_is_told_before_anything_is_trained(string verb, string output, string why)
    {
        _folder.Write("a-file", "mine");
        Directory.CreateDirectory(_folder.File("a-folder.zip"));
        string[] rows = verb == "finetune" ? [_folder.Tickets(), "--label", "topic", "--text", "message"] : [_folder.Write("t.txt", "a text of words")];

        CommandRun run = CommandRun.Of([verb, .. rows, "-m", "no/such/model", "-o", _folder.File(output)]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("--out", run.Error, StringComparison.Ordinal);
        Assert.Contains(why, run.Error, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(_folder.File("a-file")).Trim());
    }

    [SkippableFact]
    public void A_place_that_takes_no_file_is_told_with_the_systems_reason()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs /proc, where nobody writes");

        CommandRun run = CommandRun.Of("finetune", _folder.Tickets(), "--label", "topic", "--text", "message", "-m", CommandRun.Tiny, "-o", "/proc/model.zip");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("'/proc' takes no file", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_classifier_is_trained_saved_and_judged_with_intervals()
    {
        string train = _folder.Tickets(), test = _folder.Tickets("test.csv", seed: 2), zip = _folder.File("out/model.zip");
        CommandRun tuned = CommandRun.Done("finetune", train, "--label", "topic", "--text", "message", "-m", CommandRun.Tiny, "-o", zip, "--validation", test, "--epochs", "6", "--learning-rate", "0.01", "--json");
        CommandRun judged = CommandRun.Done("evaluate", zip, test, "--json");

        Assert.True(tuned.Json.GetProperty("steps").GetInt32() >= 6);
        Assert.Contains("left", tuned.Error, StringComparison.Ordinal);
        JsonElement accuracy = judged.Json.GetProperty("figures").GetProperty("accuracy");
        double value = accuracy.GetProperty("value").GetDouble();
        Assert.InRange(value, 0.5, 1);
        Assert.InRange(accuracy.GetProperty("lower").GetDouble(), 0, value);
        Assert.InRange(accuracy.GetProperty("upper").GetDouble(), value, 1);

        // The same figure by ML.NET itself, from the same zip.
        var ml = new MLContext(1);
        ITransformer model = ml.Model.Load(zip, out _);
        IDataView rows = new ClassificationTask().ToData(RowFile.Read(test), new RowColumns("message", null, "topic", null));
        Assert.Equal(ml.MulticlassClassification.Evaluate(model.Transform(rows), "topic").MicroAccuracy, value, 6);
        Assert.Equal(ml.MulticlassClassification.Evaluate(model.Transform(rows), "topic").LogLoss, judged.Json.GetProperty("figures").GetProperty("log-loss").GetProperty("value").GetDouble(), 5);
        (model as IDisposable)?.Dispose();
    }

    [Fact]
    public void Labels_that_training_does_not_know_are_named_by_line()
    {
        string other = _folder.Write("other.csv", "topic,message", "billing,a refund", "weather,it was raining");

        CommandRun run = CommandRun.Of(["finetune", _folder.Tickets(), "--label", "topic", "--text", "message", "-m", CommandRun.Tiny, "--validation", other, .. Short]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("line 3: the label 'weather' is not among those", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Columns_that_are_not_there_are_named()
    {
        CommandRun run = CommandRun.Of("finetune", _folder.Tickets(), "-m", CommandRun.Tiny);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("has no column", run.Error, StringComparison.Ordinal);
        Assert.Contains("topic, message", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Binary", "accuracy")]
    [InlineData("Regression", "mean absolute error")]
    [InlineData("MultiLabel", "micro F1")]
    [InlineData("Pairs", "precision at 1")]
    public void Other_tasks_are_trained_and_judged(string task, string figure)
    {
        (string[] texts, int[] labels) = Dispersion.Tests.TinyBackbone.LabelledTexts(24);
        string LabelOf(int label) => task switch
        {
            "Binary" => label == 0 ? "\"yes\"" : "\"no\"",
            "Regression" => $"{label}.5",
            _ => label == 0 ? "[\"money\"]" : "[\"fault\", \"today\"]",
        };
        string rows = _folder.Write("rows.jsonl", texts.Zip(labels, (text, label) => $$"""{"Text": {{JsonSerializer.Serialize(text)}}, "Other": {{JsonSerializer.Serialize(text + " it")}}, "Label": {{LabelOf(label)}}}"""));
        string[] columns = task == "Pairs" ? ["--text", "Text", "Other"] : [];

        CommandRun.Done(["finetune", rows, "--task", task, .. columns, "-m", CommandRun.Tiny, "-o", _folder.File("m.zip"), .. Short]);
        CommandRun run = CommandRun.Done("evaluate", _folder.File("m.zip"), rows, "--json");

        Assert.True(run.Json.GetProperty("figures").TryGetProperty(figure, out JsonElement value));
        Assert.True(double.IsFinite(value.GetProperty("value").GetDouble()));
    }

    [Theory]
    [InlineData("Binary", "maybe", "true or false is expected")]
    [InlineData("Regression", "much", "a number is expected")]
    public void Labels_that_cannot_be_read_are_named_by_line(string task, string label, string expected)
    {
        CommandRun run = CommandRun.Of("finetune", _folder.Write("rows.csv", "Label,Text", "1,a text", $"{label},another"), "--task", task, "-m", CommandRun.Tiny);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains($"line 3: 'Label' is '{label}'; {expected}", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lm.zip")]
    [InlineData("lm.gguf")]
    [InlineData("lm")]
    public void A_language_model_is_trained_on_plain_text_and_writes(string output)
    {
        string texts = _folder.Write("text.txt", Dispersion.Tests.TinyBackbone.LabelledTexts(60).Texts);

        CommandRun.Done(["midtrain", texts, "--lines", "-m", CommandRun.Tiny, "-o", _folder.File(output), .. Short]);
        CommandRun streamed = CommandRun.Done("generate", _folder.File(output), "--prompt", "my invoice", "--max-new-tokens", "4", "--temperature", "0");
        CommandRun json = CommandRun.With("my invoice", default, "generate", _folder.File(output), "--max-new-tokens", "4", "--temperature", "0", "--json");

        Assert.Equal("my invoice", json.Json.GetProperty("prompt").GetString());
        Assert.Equal(streamed.Out.TrimEnd(), json.Json.GetProperty("text").GetString()!.TrimEnd());
        if (output.EndsWith(".zip", StringComparison.Ordinal))
        {
            JsonElement perplexity = CommandRun.Done("evaluate", _folder.File(output), texts, "--json").Json.GetProperty("figures").GetProperty("perplexity");
            Assert.InRange(perplexity.GetProperty("value").GetDouble(), perplexity.GetProperty("lower").GetDouble(), perplexity.GetProperty("upper").GetDouble());
        }
    }

    [Fact]
    public void Comparing_says_one_of_four_words()
    {
        string rows = _folder.Tickets(rows: 40), storage = _folder.File("c.db");
        string[] args =
        [
            "compare", rows, "--label", "topic", "--text", "message", "-m", CommandRun.Tiny, "--folds", "2", "--seeds", "2", "--storage", storage, "--html", _folder.File("c.html"), "--picture", _folder.File("c.png"), .. Short,
        ];

        CommandRun text = CommandRun.Done(args);
        CommandRun json = CommandRun.Done([.. args, "--json"]);

        string word = json.Json.GetProperty("verdict").GetString()!;
        Assert.Contains(word, (string[])["better", "worse", "no difference that matters", "cannot be told"]);
        Assert.Contains(word, text.Out, StringComparison.Ordinal);
        Assert.Contains("trainings", text.Error, StringComparison.Ordinal);
        Assert.True(File.Exists(_folder.File("c.html")) && File.Exists(_folder.File("c.png")));
    }

    [Fact]
    public void Models_go_from_one_format_to_the_next()
    {
        string texts = _folder.Write("t.txt", "my invoice is charged again", "the parcel was broken today");
        CommandRun.Done("convert", CommandRun.Tiny, _folder.File("m.gguf"), "--type", "f32");
        CommandRun.Done("convert", _folder.File("m.gguf"), _folder.File("back"));
        CommandRun.Done("convert", _folder.File("back"), _folder.File("onnx/m.onnx"));

        double Cosine(string model) =>
            CondensationReport.FromJson(CommandRun.Done("diagnose", model, "--texts", texts, "--json").Json.GetProperty("reports")[0].GetRawText()).Layers[1].Measures[GeometryMeasure.MeanCosine];

        Assert.True(new FileInfo(_folder.File("onnx/m.onnx")).Length > 1000);
        Assert.Equal(Cosine(CommandRun.Tiny), Cosine(_folder.File("back")), 4);
    }

    [Fact]
    public void A_fine_tuned_classifier_goes_to_onnx_and_a_folder_and_not_to_gguf()
    {
        string zip = _folder.File("m.zip");
        CommandRun.Done(["finetune", _folder.Tickets(rows: 24), "--label", "topic", "--text", "message", "-m", CommandRun.Tiny, "-o", zip, "--head-start", "Family", .. Short]);

        CommandRun.Done("convert", zip, _folder.File("onnx/m.onnx"));
        CommandRun.Done("convert", zip, _folder.File("folder"));
        CommandRun refused = CommandRun.Of("convert", zip, _folder.File("m.gguf"));

        Assert.True(File.Exists(_folder.File("onnx/m.onnx")));
        Assert.Contains("shipping", File.ReadAllText(_folder.File("folder/config.json")), StringComparison.Ordinal);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("no place for the head", refused.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("m.gguf", "--type", "Q99", "is none of")]
    [InlineData("folder", "--type", "F16", "--type is for")]
    [InlineData("m.gguf", "--content", "Head", "are for .onnx")]
    [InlineData("model.safetensors", "--type", "F16", "or a folder")]
    public void Options_that_do_not_fit_the_format_are_refused(string target, string option, string value, string expected)
    {
        CommandRun run = CommandRun.Of("convert", CommandRun.Tiny, _folder.File(target), option, value);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
    }
}
