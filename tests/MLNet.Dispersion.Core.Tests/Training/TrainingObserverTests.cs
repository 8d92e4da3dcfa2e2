using System.Globalization;
using System.Text;
using MLNet.Dispersion.Tests.Geometry;
using MLNet.Dispersion.Tests.Training.Checkpoints;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Training;

public sealed class TrainingObserverTests
{
    [Fact]
    public void Train_TellsWhatHappens_InOrder()
    {
        FineTuneOptions options = CheckpointRun.Options();
        options.Epochs = 2;
        var diary = new Diary();
        options.Observers = [diary];

        CheckpointRun.Classifier(options);

        Assert.Equal(["start 0/10", "1", "2", "3", "4", "5", "epoch 1", "6", "7", "8", "9", "10", "epoch 2", "end 10"], diary.Lines);
        Assert.True(diary.SawValidation);
    }

    [Fact]
    public void Train_Watched_GivesTheSameBits()
    {
        CheckpointRun alone = CheckpointRun.Classifier(CheckpointRun.Options());
        FineTuneOptions options = CheckpointRun.Options();
        options.Observers = [new Diary()];

        CheckpointRun.AssertSame(alone, CheckpointRun.Classifier(options));
    }

    [Fact]
    public void ChooseBy_AFigureOfTheCallers_KeepsTheBestEpochAndEndsTraining()
    {
        FineTuneOptions options = CheckpointRun.Options();
        options.EarlyStoppingPatience = 2;
        int asked = 0;
        options.ChooseBy(run =>
        {
            Assert.False(run.Backbone.training);
            return -asked++;
        });

        FineTuneResult result = CheckpointRun.Classifier(options).Result;

        Assert.Equal((FineTuneStopReason.EarlyStopped, (int?)1, 3), (result.StopReason, result.BestEpoch, asked));
        Assert.Equal([0, -1, -2], result.History.Where(step => step.ValidationLoss is not null).Select(step => step.ValidationFigures[TrainingFigures.OwnMetric]));
        Assert.Contains("BestBy is 'own metric'", Assert.Throws<ArgumentException>(() => options.ChooseBy(_ => 0)).Message, StringComparison.Ordinal);
        options.ValidationFraction = 0;
        Assert.Contains("none of the 48 rows are held out", Assert.Throws<ArgumentException>(() => CheckpointRun.Classifier(options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Metric_OfTheModelInTraining_SeesWhatIsKeptAndChangesNothing()
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(48);
        FineTuneOptions options = CheckpointRun.Options();
        options.EarlyStoppingPatience = null;
        var seen = new List<float[]>();
        using TextClassifier classifier = TextClassifier.Train(TinyBackbone.Backbone, texts, labels, 3, options, metric: model =>
        {
            seen.Add(model.Score(texts).Values);
            return seen.Count;
        });

        Assert.Equal(4, seen.Count);
        Assert.Equal(seen[^1], classifier.Score(texts).Values);
        using TextClassifier plain = TextClassifier.Train(TinyBackbone.Backbone, texts, labels, 3, options);
        Assert.Equal(plain.TrainingResult!.History.Select(step => step.TaskLoss), classifier.TrainingResult!.History.Select(step => step.TaskLoss));
    }

    [Fact]
    public void Resume_ObserverWithADocument_GoesOnFromWhatItSaw()
    {
        using var folder = new TemporaryFolder();
        FineTuneOptions options = CheckpointRun.Options(folder.Path, everySteps: 3);
        options.Observers = [new Diary()];
        CheckpointRun.Interrupt(options, 8, o => CheckpointRun.Classifier(o));
        var second = new Diary();
        options.Observers = [second];
        CheckpointRun.Classifier(options);
        var third = new Diary();
        options.Observers = [third];

        CheckpointRun.Classifier(options);

        Assert.Equal(["start 0/20", "1", "2", "3", "4", "5", "epoch 1", "6", "start 6/20", "7"], second.Lines.Take(10));
        Assert.Equal("end 20", second.Lines[^1]);
        // That run had ended: what was seen comes back, and nothing is told.
        Assert.Equal(second.Lines, third.Lines);
    }

    [Fact]
    public void Train_TwoObserversOfOneDocument_AreRefused()
    {
        using var folder = new TemporaryFolder();
        FineTuneOptions options = CheckpointRun.Options(folder.Path, everySteps: 3);
        options.Observers = [new Diary(), new Diary()];

        Assert.Contains("'diary.txt'", Assert.Throws<ArgumentException>(() => CheckpointRun.Classifier(options)).Message, StringComparison.Ordinal);
        Assert.Empty(folder.Folders);
    }

    /// <summary>What version 0.1 called the task: its interrupted runs go on.</summary>
    [Fact]
    public void Resume_TaskUnderItsFormerName_GoesOn()
    {
        using var folder = new TemporaryFolder();
        FineTuneOptions options = CheckpointRun.Options(folder.Path, everySteps: 3);
        CheckpointRun.Interrupt(options, 8, o => CheckpointRun.Classifier(o));
        string manifest = Path.Combine(folder.Path, "checkpoint-6", "manifest.json");
        string former = File.ReadAllText(manifest).Replace("\"text classification\"", "\"ClassificationObjective\"", StringComparison.Ordinal);
        Assert.Contains("\"ClassificationObjective\"", former, StringComparison.Ordinal);
        File.WriteAllText(manifest, former);

        CheckpointRun resumed = CheckpointRun.Classifier(options);

        Assert.Equal(6, resumed.Result.ResumedFromStep);
        CheckpointRun.AssertSame(CheckpointRun.Classifier(CheckpointRun.Options()), resumed);
    }

    [Fact]
    public void GeometryTracker_StatesThatAreNotFinite_LeavesThemOut()
    {
        using var backbone = new FakeBackbone { BreakTextAt = 0 };
        var tracker = new GeometryTracker(new GeometryProbeOptions { MaxTexts = 1 }, null);
        int step = 0;
        var run = new TrainingRun(backbone, [[1, 2, 3]], 5, () => step, CancellationToken.None) { Numbers = FineTuneDefaults.ForLanguageModel(1), RowCount = 1 };

        tracker.RunStarted(run);
        step = 5;
        tracker.RunEnded(run);

        Assert.Equal(5, Assert.Single(tracker.History).Step);
    }

    [Fact]
    public void GeometryTracker_AnotherError_IsNotSwallowed()
    {
        using var backbone = new Failing();
        var tracker = new GeometryTracker(new GeometryProbeOptions(), null);
        var run = new TrainingRun(backbone, [[1, 2, 3]], 5, () => 0, CancellationToken.None) { Numbers = FineTuneDefaults.ForLanguageModel(1), RowCount = 1 };

        Assert.Equal("of another kind", Assert.Throws<InvalidOperationException>(() => tracker.RunStarted(run)).Message);
    }

    [Fact]
    public void Train_CallersOwnSettings_ArePutBack()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        using var generator = new Generator(5, CPU);
        using var noises = new Generator(6, CPU);
        var noise = new MLNet.Dispersion.Models.EmbeddingNoise(5, noises);
        LanguageBackbone backbone = model.Backbone;
        (backbone.DropoutGenerator, backbone.DropoutProbability, backbone.ActivationCheckpointing, backbone.ComputeType) = (generator, 0.3, true, ScalarType.BFloat16);
        backbone.Context.EmbeddingNoise = noise;
        int[][] blocks = [[5, 9, 70, 33, 8, 12, 90, 4], [200, 4, 4, 4, 7, 100, 31, 6]];

        LanguageModelTrainer.Train(model, blocks, new FineTuneOptions { MaxSteps = 1, ValidationFraction = 0, Dropout = 0.1, NeftuneAlpha = 5, Precision = Precision.Float32, GeometryProbe = null });

        Assert.Same(generator, backbone.DropoutGenerator);
        Assert.Same(noise, backbone.Context.EmbeddingNoise);
        Assert.Equal((0.3, true, ScalarType.BFloat16, false), (backbone.DropoutProbability, backbone.ActivationCheckpointing, backbone.ComputeType, backbone.training));
    }

    /// <summary>An objective of one's own, in one class: both of two halves of the rows are told apart by the sign of a number.</summary>
    [Fact]
    public void Run_ObjectiveOfOnesOwn_TrainsValidatesAndReportsItsFigures()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        using var head = ScoreHead.Create(model.Backbone.Info.HiddenSize, 1, 3, CPU);
        var (texts, labels) = TinyBackbone.LabelledTexts(48);
        FineTuneOptions options = TextClassifierTests.Options();
        options.ValidationFraction = 0.1;
        options.Validate();
        var objective = new SignObjective(head, [.. labels.Select(label => label == 0)]);

        FineTuneResult result = FineTuneLoop.Run(model.Backbone, objective, new TrainingRows(new TextEncoder(model, null).Encode(texts)), options, CPU);

        Assert.All(result.History, progress => Assert.InRange(progress.Figures["margin"], -10, 10));
        Assert.True(result.History[^1].Figures["margin"] > result.History[0].Figures["margin"]);
        Assert.Equal(options.Epochs, result.History.Count(progress => progress.ValidationFigures.ContainsKey("margin")));
        Assert.Contains("sign learns from no teacher", Assert.Throws<ArgumentException>(() => objective.CheckOptions(new FineTuneOptions { Distillation = new() { TeacherDirectory = "x" } })).Message, StringComparison.Ordinal);
        Assert.Contains("targets of 48", Assert.Throws<ArgumentException>(() => FineTuneLoop.Run(model.Backbone, objective, new TrainingRows([[1, 2]]), options, CPU)).Message, StringComparison.Ordinal);
    }

    private sealed class SignObjective(ScoreHead head, bool[] positive) : TrainingObjective
    {
        public override string Name => "sign";

        public override IReadOnlyList<TorchSharp.Modules.Parameter> HeadParameters => [head.Weight];

        public override int? TargetRows => positive.Length;

        public override int Group(int row) => positive[row] ? 1 : 0;

        public override ReadOnlySpan<byte> TargetBytes(int row) => positive[row] ? [1] : [0];

        public override TaskLoss Compute(LanguageBackbone backbone, BackboneOutput output, Tensor inputIds, TaskBatch batch)
        {
            Tensor scores = head.Outputs(backbone.Summary(output.LastHiddenState, batch.Tokens.Lengths)).squeeze(1);
            Tensor margins = scores.mul(tensor([.. batch.Rows.Select(row => positive[row] ? 1f : -1f)]));
            return new TaskLoss { Sum = nn.functional.softplus(margins.neg()).sum(), Figures = new Dictionary<string, Tensor> { ["margin"] = margins.detach().sum() } };
        }
    }

    private sealed class Diary : ITrainingObserver
    {
        public List<string> Lines { get; } = [];

        public bool SawValidation { get; private set; }

        public IReadOnlyList<string> Documents => ["diary.txt"];

        public void RunStarted(TrainingRun run) => Lines.Add(string.Create(CultureInfo.InvariantCulture, $"start {run.Step}/{run.TotalSteps}"));

        public void StepDone(TrainingRun run, TrainingProgress progress)
        {
            Assert.Equal(progress.Step, run.Step);
            Assert.True(run.Backbone.training);
            Lines.Add(progress.Step.ToString(CultureInfo.InvariantCulture));
        }

        public void EpochDone(TrainingRun run, TrainingProgress progress)
        {
            SawValidation |= progress.ValidationLoss is not null;
            Lines.Add(string.Create(CultureInfo.InvariantCulture, $"epoch {progress.Epoch}"));
        }

        public void RunEnded(TrainingRun run) => Lines.Add(string.Create(CultureInfo.InvariantCulture, $"end {run.Step}"));

        public void Save(string document, Stream stream) => stream.Write(Encoding.UTF8.GetBytes(string.Join('\n', Lines)));

        public void Restore(string document, byte[] content)
        {
            Lines.Clear();
            Lines.AddRange(Encoding.UTF8.GetString(content).Split('\n'));
        }
    }

    private sealed class Failing() : CausalLMBackbone(new BackboneInfo("failing", 20, 6, 2, 16, null, null, null))
    {
        public override BackboneOutput Forward(Tensor inputIds, Tensor? attentionMask, HiddenStateSelection hiddenStates) => throw new InvalidOperationException("of another kind");

        public override Tensor Logits(Tensor lastHiddenState) => lastHiddenState;
    }
}
