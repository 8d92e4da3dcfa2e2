using Microsoft.ML;

namespace MLNet.Dispersion.Tool.Tests;

/// <summary>A model.zip of every kind goes where its format has a place for it, as the library writes it, and is refused by the reason where not.</summary>
public sealed class ConversionTests : IDisposable
{
    private const int RowCount = 12;
    private static readonly MLContext Ml = new(seed: 1);

    private static readonly Dictionary<string, Func<IEstimator<ITransformer>>> Kinds = new(StringComparer.Ordinal)
    {
        ["classes"] = () => Ml.MulticlassClassification.Trainers.FineTuneWithDispersion("Class", backbone: TinyBert.Backbone, options: Brief()),
        ["yes or no"] = () => Ml.BinaryClassification.Trainers.FineTuneWithDispersion("Yes", backbone: TinyBert.Backbone, options: Brief()),
        ["numbers"] = () => Ml.Regression.Trainers.FineTuneWithDispersion("Number", backbone: TinyBert.Backbone, options: Brief()),
        ["many labels"] = () => Ml.MulticlassClassification.Trainers.FineTuneMultiLabelWithDispersion("Many", backbone: TinyBert.Backbone, options: Brief()),
        ["ranking"] = () => Ml.Ranking.Trainers.FineTuneRankingWithDispersion("Number", "Question", "Text", "Group", TinyBert.Backbone, Brief()),
        ["words"] = () => Ml.MulticlassClassification.Trainers.FineTuneTokensWithDispersion("Tags", "Words", TinyBert.Backbone, Brief()),
        ["spans"] = () => Ml.MulticlassClassification.Trainers.FineTuneAnswersWithDispersion(backbone: TinyBert.Backbone, options: Brief()),
        ["embeddings"] = () => Ml.Transforms.Text.TextEmbedding("Vector", "Text", TinyBert.Backbone),
        ["language model"] = () => Ml.Transforms.Text.ApplyLanguageModel(backbone: TinyBackbone.Backbone),
        ["instructions"] = () => Ml.Transforms.Text.FineTuneInstructionsWithDispersion(new() { Backbone = TinyBackbone.Backbone, Training = Brief(HeadStart.Linear) }),
    };

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Names => [.. Kinds.Keys];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void A_zip_of_any_kind_becomes_the_onnx_file_that_the_library_writes(string kind)
    {
        string zip = Zip(Kinds[kind]());

        CommandRun.Done("convert", zip, _folder.File("onnx/m.onnx"));

        Write(zip, _folder.File("library/m.onnx"));
        Assert.Equal(File.ReadAllBytes(_folder.File("library/m.onnx")), File.ReadAllBytes(_folder.File("onnx/m.onnx")));
        Assert.Equal(Directory.EnumerateFiles(_folder.File("library")).Select(Path.GetFileName).Order(), Directory.EnumerateFiles(_folder.File("onnx")).Select(Path.GetFileName).Order());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_zip_of_any_kind_becomes_a_folder_with_its_head_and_from_there_an_onnx_file(string kind)
    {
        string zip = Zip(Kinds[kind]());

        CommandRun.Done("convert", zip, _folder.File("folder"));
        CommandRun.Done("convert", _folder.File("folder"), _folder.File("onnx/m.onnx"));

        using var model = PretrainedLanguageModel.Load(ModelSource.FromDirectory(_folder.File("folder")));
        Assert.Equal(
            kind switch
            {
                "words" => HeadTask.Tokens,
                "spans" => HeadTask.Spans,
                "embeddings" or "language model" or "instructions" => null,
                _ => HeadTask.Sequence,
            },
            model.Head?.Task);
        Assert.True(new FileInfo(_folder.File("onnx/m.onnx")).Length > 1000);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_zip_of_what_writes_text_becomes_a_gguf_file_and_others_are_refused(string kind)
    {
        string zip = Zip(Kinds[kind]()), target = _folder.File("m.gguf");

        CommandRun run = CommandRun.Of("convert", zip, target, "--type", "F32");

        if (kind is "language model" or "instructions")
        {
            Assert.True(run.ExitCode == 0, run.Error);
            CommandRun.Done("convert", target, _folder.File("onnx/m.onnx"));
            Assert.Equal(CommandRun.Done("generate", zip, "--prompt", "my invoice", "--max-new-tokens", "4", "--temperature", "0").Out, CommandRun.Done("generate", target, "--prompt", "my invoice", "--max-new-tokens", "4", "--temperature", "0").Out);
            return;
        }

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("GGUF", run.Error, StringComparison.Ordinal);
        Assert.Contains(".onnx", run.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(target));
    }

    [Fact]
    public void A_decoders_head_in_a_folder_is_not_left_out_of_a_gguf_file_in_silence()
    {
        string zip = Zip(Ml.MulticlassClassification.Trainers.FineTuneWithDispersion("Class", backbone: TinyBackbone.Backbone, options: Brief()));
        CommandRun.Done("convert", zip, _folder.File("folder"));

        CommandRun run = CommandRun.Of("convert", _folder.File("folder"), _folder.File("m.gguf"));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("head of a task", run.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File("m.gguf")));
    }

    [Theory]
    [InlineData("m.onnx")]
    [InlineData("folder")]
    public void N_grams_beside_the_model_are_never_left_out_in_silence(string target)
    {
        string zip = Zip(Ml.MulticlassClassification.Trainers.FineTuneWithDispersion("Class", backbone: TinyBert.Backbone, options: Brief()).WithLexicalFeatures());

        CommandRun run = CommandRun.Of("convert", zip, _folder.File(target));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("N-grams", run.Error, StringComparison.Ordinal);
        Assert.False(Path.Exists(_folder.File(target)));
    }

    [Fact]
    public void A_zip_that_measures_alone_holds_nothing_to_be_written()
    {
        string zip = Zip(Ml.Transforms.Text.MeasureEmbeddingGeometry(backbone: TinyBackbone.Backbone));

        CommandRun run = CommandRun.Of("convert", zip, _folder.File("folder"));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("no model of its own", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("m.zip")]
    [InlineData("model.safetensors")]
    [InlineData("pytorch_model.bin")]
    public void A_name_of_a_file_does_not_become_a_folder(string target)
    {
        CommandRun run = CommandRun.Of("convert", CommandRun.Tiny, _folder.File(target));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("or a folder", run.Error, StringComparison.Ordinal);
        Assert.False(Path.Exists(_folder.File(target)));
    }

    [Fact]
    public void A_target_that_cannot_be_is_told_before_training()
    {
        CommandRun run = CommandRun.Of("midtrain", _folder.Write("t.txt", "my invoice is charged again"), "-m", CommandRun.Tiny, "-o", _folder.File("tuned.safetensors"));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("or a folder", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("left", run.Error, StringComparison.Ordinal);
    }

    private static FineTuneOptions Brief(HeadStart head = HeadStart.Family) => new() { Epochs = 1, MaxSteps = 2, MicroBatchSize = 6, LearningRate = 1e-3, ValidationFraction = 0, Device = "cpu", HeadStart = head };

    private static void Write(string zip, string path)
    {
        ITransformer model = Ml.Model.Load(zip, out _);
        using var owner = (IDisposable)model;
        Assert.True(EveryTask.SaveOnnx(model is IEnumerable<ITransformer> chain ? chain.Single() : model, path));
    }

    private string Zip(IEstimator<ITransformer> estimator)
    {
        IDataView data = EveryTask.Rows(Ml, RowCount);
        ITransformer model = estimator.Fit(data);
        using var owner = (IDisposable)model;
        string path = _folder.File("m.zip");
        Ml.Model.Save(model, data.Schema, path);
        return path;
    }
}
