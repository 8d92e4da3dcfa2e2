using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Training;

/// <summary>Scoring in bfloat16: near float32, float32 again on request, kept in files, and never with weights of the past.</summary>
public sealed class ScoringPrecisionTests : IDisposable
{
    private readonly string[] _texts;
    private readonly int[] _labels;
    private readonly TextClassifier _classifier;

    public ScoringPrecisionTests()
    {
        (_texts, _labels) = TinyBackbone.LabelledTexts(40);
        _classifier = TextClassifier.Train(TinyBackbone.Backbone, _texts, _labels, 3, TextClassifierTests.Options());
    }

    public void Dispose() => _classifier.Dispose();

    [Fact]
    public void Score_BFloat16_IsNearFloat32AndFloat32IsUntouched()
    {
        Assert.Equal(Precision.Float32, _classifier.ScoringPrecision);
        float[] exact = Score(_classifier);

        float[] rounded = ScoreIn(_classifier, Precision.BFloat16Mixed);

        Assert.NotEqual(exact, rounded);
        Assert.All(exact.Zip(rounded), pair => Assert.Equal(pair.First, pair.Second, 0.01));
        Assert.Equal(rounded, Score(_classifier));
        Assert.Equal(exact, ScoreIn(_classifier, Precision.Float32));
    }

    [Fact]
    public void Score_AfterFurtherTraining_UsesTheNewWeights()
    {
        float[] before = ScoreIn(_classifier, Precision.BFloat16Mixed);
        int[][] blocks = [.. Enumerable.Range(0, 8).Select(i => _classifier.LanguageModel.Tokenizer.Encode(_texts[i]).Ids)];
        var options = TextClassifierTests.Options();
        options.ValidationFraction = 0;
        LanguageModelTrainer.Train(_classifier.LanguageModel, blocks, options);

        float[] after = Score(_classifier);

        float[] exact = ScoreIn(_classifier, Precision.Float32);
        Assert.All(exact.Zip(after), pair => Assert.Equal(pair.First, pair.Second, 0.01));
        Assert.Contains(before.Zip(after), pair => Math.Abs(pair.First - pair.Second) > 0.02);
    }

    [Fact]
    public async Task Score_TwoThreadsInTwoPrecisions_EachGetsItsOwn()
    {
        using var other = Reloaded(_classifier);
        float[] exact = Score(_classifier);
        float[] rounded = ScoreIn(_classifier, Precision.BFloat16Mixed);

        // One backbone, whose compute type each thread chooses for itself.
        Parallel.For(0, 16, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i =>
        {
            bool first = i % 2 == 0;
            Assert.Equal(first ? rounded : exact, Score(first ? _classifier : other));
        });
        var compute = _classifier.LanguageModel.Backbone.Context;
        Task<ScalarType> elsewhere;
        using (compute.ComputeIn(ScalarType.BFloat16))
        {
            using var seen = new ManualResetEventSlim();
            elsewhere = Task.Run(() => Look(compute, seen));
            seen.Wait();
            Assert.Equal(ScalarType.BFloat16, compute.ComputeType);
        }

        Assert.Equal(ScalarType.Float32, await elsewhere);
        Assert.Equal(ScalarType.Float32, compute.ComputeType);
    }

    [Fact]
    public void Save_ThenLoad_KeepsIt()
    {
        float[] rounded = ScoreIn(_classifier, Precision.BFloat16Mixed);

        using var loaded = Reloaded(_classifier);

        Assert.Equal(Precision.BFloat16Mixed, loaded.ScoringPrecision);
        Assert.Equal(rounded, Score(loaded));
    }

    [Fact]
    public void Load_FileOfBuildsWithoutTheChoice_IsFloat32() =>
        Assert.Equal(Precision.Float32, LoadedWith(settings => settings.Remove("scoringPrecision")));

    [Theory]
    [InlineData("\"Float8\"")]
    [InlineData("1")]
    public void Load_UnknownPrecision_NamesTheFile(string value)
    {
        var error = Assert.Throws<ModelFileException>(() => LoadedWith(settings => settings["scoringPrecision"] = JsonNode.Parse(value)));

        Assert.Contains("classifier.json", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ScoringPrecision_NoSuchValue_IsRefusedAtOnce()
    {
        Assert.Contains("99", Assert.Throws<ArgumentOutOfRangeException>(() => _classifier.ScoringPrecision = (Precision)99).Message, StringComparison.Ordinal);
        var options = TextClassifierTests.Options();
        options.ScoringPrecision = (Precision)99;
        var error = Assert.ThrowsAny<ArgumentException>(() => TextClassifier.Train(TinyBackbone.Backbone, _texts, _labels, 3, options));
        Assert.Contains(nameof(FineTuneOptions.ScoringPrecision), error.Message, StringComparison.Ordinal);
    }

    private static ScalarType Look(ForwardContext context, ManualResetEventSlim seen)
    {
        var type = context.ComputeType;
        seen.Set();
        return type;
    }

    private float[] Score(TextClassifier classifier) => classifier.Score(_texts).Values;

    private float[] ScoreIn(TextClassifier classifier, Precision precision)
    {
        classifier.ScoringPrecision = precision;
        return Score(classifier);
    }

    private static TextClassifier Reloaded(TextClassifier classifier)
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            classifier.Save(new DirectorySink(folder));
            return TextClassifier.Load(new DirectorySource(folder), "cpu");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private Precision LoadedWith(Action<JsonObject> change)
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            _classifier.Save(new DirectorySink(folder));
            string file = Path.Combine(folder, "classifier.json");
            JsonObject settings = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
            change(settings);
            File.WriteAllText(file, settings.ToJsonString());
            using var loaded = TextClassifier.Load(new DirectorySource(folder), "cpu");
            return loaded.ScoringPrecision;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
