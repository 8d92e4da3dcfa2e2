using System.Globalization;

namespace MLNet.Dispersion.Tests.Cards;

/// <summary>Saved directories say what the library knows of the model, and nothing else.</summary>
public sealed class ModelCardTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mlnet-dispersion-card-").FullName;

    private string Target => Path.Combine(_folder, "my_model");

    private string Page => File.ReadAllText(Path.Combine(Target, "README.md"));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Page_OfABaseOfTheHub_HasTheHubsMetadata()
    {
        var card = new ModelCard
        {
            Title = "my_model",
            BaseName = "Qwen/Qwen3-0.6B",
            Base = BaseCard.Parse("---\nlicense: other\nlicense_name: \"a: licence\"\nbase_model: Qwen/Qwen3-0.6B-Base\n---\n"),
            ModelType = "qwen3",
            Task = "text-generation",
            Trainings = [new TrainingNote(true, [("seed", "1")], [("loss", "0.5")])],
        };

        string[] lines = card.ToString().Split('\n');

        Assert.Equal(
            ["---", "base_model: Qwen/Qwen3-0.6B", "base_model_relation: finetune", "license: other", "license_name: \"a: licence\"", "library_name: transformers", "pipeline_tag: text-generation", "tags:", "- mlnet-dispersion", "- dispersion-loss", "---"],
            lines[..11]);
        Assert.Contains("# my\\_model", lines);
        Assert.Contains("| seed | 1 |", lines);
        Assert.Contains("## Measured", lines);
        Assert.Contains("| loss | 0.5 |", lines);
    }

    [Fact]
    public void Page_OfAnUnknownBase_InventsNothing()
    {
        string page = new ModelCard { Title = "m", BaseName = "TinyEnglish", Base = BaseCard.None, ModelType = "gpt2", Task = null }.ToString();

        Assert.DoesNotContain("base_model", page, StringComparison.Ordinal);
        Assert.DoesNotContain("license", page, StringComparison.Ordinal);
        Assert.DoesNotContain("pipeline_tag", page, StringComparison.Ordinal);
        Assert.DoesNotContain("## ", page, StringComparison.Ordinal);
        Assert.Contains("Made from TinyEnglish (gpt2)", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("---\nlicense: mit\n---\n", "mit")]
    [InlineData("---\r\nlicense: 'apache-2.0'\r\n---\r\n", "apache-2.0")]
    [InlineData("---\nlicense: \"mit\" # as its author says\n---\n", "mit")]
    [InlineData("---\nother:\n  license: mit\n---\n", null)]
    [InlineData("---\nlicense: [mit]\n---\n", null)]
    [InlineData("---\nlicense: |\n---\n", null)]
    [InlineData("---\nlicense: mit\n", null)]
    [InlineData("license: mit\n---\n", null)]
    [InlineData("", null)]
    public void BaseCard_TakesSingleValuesAtItsHead(string text, string? licence) => Assert.Equal(licence, BaseCard.Parse(text).Fields.GetValueOrDefault("license"));

    [Theory]
    [InlineData("mit\"\nevil: true", "license: \"mit\\u0022\\nevil: true\"")]
    [InlineData("no", "license: \"no\"")]
    [InlineData("1.0", "license: \"1.0\"")]
    public void Page_ValuesOfStrangers_StayValues(string value, string line)
    {
        string page = new ModelCard { Title = "m|<b>", BaseName = "x", Base = new BaseCard(new Dictionary<string, string> { ["license"] = value }), ModelType = "gpt2", Task = null }.ToString();

        Assert.Contains(line, page.Split('\n'));
        Assert.Contains("# m\\|\\<b\\>", page.Split('\n'));
    }

    [Fact]
    public void Save_AfterTraining_TellsOptionsAndFigures()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        int[][] blocks = [.. Enumerable.Range(0, 8).Select(row => Enumerable.Range(1, 12).Select(i => ((row * 7) + i) % 50).ToArray())];
        var options = new FineTuneOptions { Epochs = 1, MicroBatchSize = 4, Seed = 5, ValidationFraction = 0.25, Device = "cpu", Dispersion = new() { Variant = DispersionVariant.L2Repel, Coefficient = 0.25 } };

        FineTuneResult result = LanguageModelTrainer.Train(model, blocks, options);
        model.Save(Target);

        Assert.Contains("- dispersion-loss\n", Page, StringComparison.Ordinal);
        Assert.Contains("pipeline_tag: text-generation\n", Page, StringComparison.Ordinal);
        Assert.Contains("| dispersion loss | L2Repel |\n| dispersion coefficient | 0.25 |", Page, StringComparison.Ordinal);
        Assert.Contains("| dispersion TauL2 | 1 |", Page, StringComparison.Ordinal);
        Assert.DoesNotContain("TauCos", Page, StringComparison.Ordinal);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"| optimizer steps | {result.Steps} |"), Page, StringComparison.Ordinal);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"| training loss of the last step | {result.History[^1].TaskLoss:G5} |"), Page, StringComparison.Ordinal);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"| {result.BestValidationLoss:G5} |"), Page, StringComparison.Ordinal);
        Assert.Contains("mean cosine of the last hidden state", Page, StringComparison.Ordinal);
    }

    [Fact]
    public void Save_WithoutDispersion_SaysSo()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        LanguageModelTrainer.Train(model, [[1, 2, 3, 4], [5, 6, 7, 8]], new FineTuneOptions { Epochs = 1, Device = "cpu", ValidationFraction = 0, GeometryProbe = null, Dispersion = new() { Coefficient = 0 } });

        model.Save(Target);

        Assert.DoesNotContain("dispersion-loss", Page, StringComparison.Ordinal);
        Assert.Contains("| dispersion loss | none |", Page, StringComparison.Ordinal);
    }

    [Fact]
    public void Save_BaseWithACard_PassesItsLicenceOn()
    {
        using (var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone))
        {
            model.Save(Target);
        }

        File.WriteAllText(Path.Combine(Target, "README.md"), "---\nbase_model: openai-community/gpt2\nlicense: mit\n---\nA page.\n");
        using var loaded = PretrainedLanguageModel.Load(ModelSource.FromDirectory(Target));
        string second = Path.Combine(_folder, "second");

        loaded.Save(second);

        string page = File.ReadAllText(Path.Combine(second, "README.md"));
        Assert.StartsWith("---\nbase_model: openai-community/gpt2\nlicense: mit\n", page, StringComparison.Ordinal);
        Assert.DoesNotContain("A page.", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Save_PageOfAPerson_Stays()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        model.Save(Target);
        string written = Page;
        File.AppendAllText(Path.Combine(Target, "README.md"), "An older run.\n");
        model.Save(Target);
        Assert.Equal(written, Page);
        File.WriteAllText(Path.Combine(Target, "README.md"), "# Mine\n");

        model.Save(Target);

        Assert.Equal("# Mine\n", Page);
    }

    [Fact]
    public void Save_Adapter_HasACardOfItsOwnUnlessItLiesBesideAModel()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        LanguageModelTrainer.Train(model, [[1, 2, 3, 4], [5, 6, 7, 8]], new FineTuneOptions { Epochs = 1, Device = "cpu", ValidationFraction = 0, GeometryProbe = null, Lora = new() { Rank = 2, Alpha = 4 } });
        var alone = new ModelSaveOptions { Adapter = AdapterSaving.AdapterOnly };

        model.Save(Target, alone);

        Assert.Contains("library_name: peft\n", Page, StringComparison.Ordinal);
        Assert.Contains("- lora\n", Page, StringComparison.Ordinal);
        Assert.Contains("| LoRA rank | 2 |", Page, StringComparison.Ordinal);
        string beside = Path.Combine(_folder, "beside");
        model.Save(beside);
        string page = File.ReadAllText(Path.Combine(beside, "README.md"));
        Assert.Contains("library_name: transformers\n", page, StringComparison.Ordinal);
        model.Save(beside, alone);
        Assert.Equal(page, File.ReadAllText(Path.Combine(beside, "README.md")));
    }

    [Fact]
    public void SavePretrained_Classifier_NamesItsTask()
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(12);
        using TextClassifier classifier = TextClassifier.Train(TinyBackbone.Backbone, texts, labels, 3, new FineTuneOptions { Epochs = 1, Device = "cpu", ValidationFraction = 0, GeometryProbe = null, Pooling = TextPooling.Family });

        classifier.SavePretrained(Target);

        Assert.Contains("pipeline_tag: text-classification\n", Page, StringComparison.Ordinal);
        Assert.Contains("| objective | ", Page, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_CardThatIsNone_HindersNothing()
    {
        using (var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone))
        {
            model.Save(Target);
        }

        byte[] noise = new byte[200_000];
        new Random(1).NextBytes(noise);
        File.WriteAllBytes(Path.Combine(Target, "README.md"), noise);

        using var loaded = PretrainedLanguageModel.Load(ModelSource.FromDirectory(Target));

        Assert.Empty(loaded.BaseCard.Fields);
    }
}
