using TorchSharp;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Training;

public sealed class DistillationTests
{
    private static readonly int[][] Blocks = [.. Enumerable.Range(0, 24).Select(block => Enumerable.Range(0, 6 + (block % 5)).Select(i => 40 + ((block * 7) + (i * i * 3)) % 60).ToArray())];

    [Fact]
    public void Train_OnTheTeachersWord_ApproachesIt()
    {
        using var teacher = Teacher();
        using var student = Student();
        double before = Divergence(teacher, student);
        var options = Options(teacher, share: 1);
        (options.Epochs, options.LearningRate) = (30, 1e-2);

        var result = LanguageModelTrainer.Train(student, Blocks, options);

        double after = Divergence(teacher, student);
        Assert.True(after < before / 2, $"from {before} to {after}");
        Assert.True(result.History[^1].Distillation < result.History[0].Distillation / 2);
    }

    [Fact]
    public void Train_MixingWeightZero_IsPlainTrainingBitForBit()
    {
        using var teacher = Teacher();
        using var taught = Student();
        using var plain = Student();
        var result = LanguageModelTrainer.Train(taught, Blocks, Options(teacher, share: 0));
        LanguageModelTrainer.Train(plain, Blocks, Options(null, share: 0));

        AssertSame(plain, taught);
        Assert.All(result.History, progress => Assert.True(progress.Distillation is null && progress.HiddenStateDistillation is null));
    }

    [Theory]
    [InlineData(0.5, 0.0)]
    [InlineData(0.0, 2.0)]
    [InlineData(0.7, 0.3)]
    public void Compute_PaddedBatch_EqualsTheNaiveLossAndGradients(double share, double stateWeight)
    {
        using var scope = NewDisposeScope();
        using var teacher = Teacher();
        using var student = Student();
        using var expected = Student();
        var options = Options(teacher, share);
        options.Distillation!.HiddenStateWeight = stateWeight;
        using var objective = new DistillationObjective(DistillationTeacher.Open(student, Blocks, options), student.Backbone.Info, options.Distillation, 3, CPU);
        var tokens = TokenBatch.Pad(Blocks[..4], 0);
        Tensor ids = tokens.InputIdsTensor(CPU);
        Tensor? mask = tokens.AttentionMaskTensor(CPU);

        var output = student.Backbone.Forward(ids, mask, HiddenStateSelection.Of(objective.HiddenStates));
        var loss = objective.Compute(student.Backbone, output, ids, new TaskBatch { Tokens = tokens, Rows = [] });
        loss.Sum.backward();
        var projection = objective.HeadParameters.SingleOrDefault();
        Tensor naive = Naive(expected.Backbone, teacher.Backbone, ids, mask, tokens, options.Distillation, projection?.detach());
        naive.backward();

        Assert.Equal(stateWeight > 0, projection?.grad is not null);
        Assert.Equal(naive.item<float>(), loss.Sum.item<float>(), 1e-3);
        var wanted = expected.Backbone.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter.grad!);
        Assert.All(student.Backbone.named_parameters(), pair => Assert.InRange(
            (pair.parameter.grad! - wanted[pair.name]).norm().item<float>(), 0, (1e-4f * wanted[pair.name].norm().item<float>()) + 1e-6f));
    }

    [Theory]
    [InlineData(Precision.Float32, false)]
    [InlineData(Precision.BFloat16Mixed, true)]
    public void Train_WithHiddenStatesAndDispersion_ReportsEachLossAndLeavesNothingBehind(Precision precision, bool checkpointing)
    {
        using var teacher = Teacher();
        var before = teacher.Backbone.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter.clone());
        using var student = Student();
        var options = Options(teacher, share: 0.5);
        (options.Precision, options.ActivationCheckpointing) = (precision, checkpointing);
        options.Distillation!.HiddenStateWeight = 1;
        options.Dispersion.Coefficient = 0.1;
        options.GeometryProbe = new GeometryProbeOptions { EverySteps = 2, MaxTexts = 4 };
        LanguageModelTrainer.Train(student, Blocks, options);
        long tensors = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        var result = LanguageModelTrainer.Train(student, Blocks, options);

        Assert.Equal(tensors, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        Assert.All(result.History, progress => Assert.True(progress.TaskLoss > 0 && progress.Distillation > 0 && progress.HiddenStateDistillation is > 0 and < 2 && progress.Dispersion is not null));
        Assert.Equal(result.Steps, result.GeometryHistory[^1].Step);
        Assert.True(result.GeometryHistory.Count > 2);
        Assert.All(teacher.Backbone.named_parameters(), pair => Assert.True(pair.parameter.eq(before[pair.name]).all().item<bool>() && pair.parameter.grad is null));
        Assert.Null(student.Backbone.named_parameters().FirstOrDefault(pair => pair.name.Contains("projection", StringComparison.Ordinal)).parameter);
        foreach (Tensor copy in before.Values)
        {
            copy.Dispose();
        }
    }

    [Fact]
    public void Train_FirstStep_ReportsThePlainLossBesideTheDivergence()
    {
        using var teacher = Teacher();
        using var student = Student();
        using var plain = Student();
        var options = Options(teacher, share: 0.9);
        (options.MicroBatchSize, options.GradientAccumulationSteps, options.MaxSteps) = (6, 4, 1);

        var taught = LanguageModelTrainer.Train(student, Blocks, options).History[0];
        options.Distillation = null;
        var alone = LanguageModelTrainer.Train(plain, Blocks, options).History[0];

        using var fresh = Student();
        Assert.Equal(alone.TaskLoss, taught.TaskLoss, 1e-5);
        Assert.Equal(4 * Divergence(teacher, fresh, temperature: 2), taught.Distillation!.Value, 1e-4);
    }

    [Fact]
    public void Train_WithValidation_ValidatesTheTaskAlone()
    {
        using var teacher = Teacher();
        using var student = Student();
        var options = Options(teacher, share: 1);
        (options.ValidationFraction, options.Epochs) = (0.25, 1);
        var result = LanguageModelTrainer.Train(student, Blocks, options);
        var (_, held) = ValidationSplit.Split(Blocks.Length, _ => 0, 0.25, options.Seed!.Value);

        Assert.Equal(LanguageModelTrainer.MeanNegativeLogLikelihood(student, [.. held.Select(row => Blocks[row])]), result.BestValidationLoss!.Value, 1e-5);
    }

    [Fact]
    public void Train_TeacherFromADirectory_IsTheSameBitForBit()
    {
        string folder = Directory.CreateTempSubdirectory("mlnet-dispersion-teacher-").FullName;
        try
        {
            using var teacher = Teacher();
            teacher.Save(folder);
            using var one = Student();
            using var other = Student();
            LanguageModelTrainer.Train(one, Blocks, Options(teacher, 0.5));
            var options = Options(null, 0.5);
            options.Distillation = new DistillationOptions { TeacherDirectory = folder };
            LanguageModelTrainer.Train(other, Blocks, options);

            AssertSame(one, other);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Train_TeacherThatDoesNotFit_IsNamedWithTheCure()
    {
        using var student = Student();
        using var larger = Teacher(vocabulary: 400);
        using var shorter = Teacher(context: 8);
        using var stranger = Teacher(tokenizer: ByteLevelBpeTrainer.Train(["another language entirely, with other words"], 280, ["<|endoftext|>"]));

        Assert.Contains($"vocabulary of 400 tokens, the model 'tiny' one of {student.Backbone.Info.VocabularySize}", Refused(student, larger), StringComparison.Ordinal);
        Assert.Contains("at most 8 tokens, but there are blocks of 10", Refused(student, shorter), StringComparison.Ordinal);
        Assert.Contains("tokenizers differ: token", Refused(student, stranger), StringComparison.Ordinal);
        Assert.Contains("is trained itself", Refused(student, student), StringComparison.Ordinal);
    }

    [Fact]
    public void Train_TeacherSavedByUsWhoseFilesNameATokenForPadding_FitsTheModelInMemory()
    {
        using var folder = new TemporaryFolder();
        TextTokenizer tokenizer = ByteLevelBpeTrainer.Train(["a language that both know, with words of its own"], 280, ["<|endoftext|>"]);
        using var student = Teacher(tokenizer: tokenizer);
        student.Save(Path.Combine(folder.Path, "teacher"));
        int end = tokenizer.EosTokenId!.Value;
        Assert.NotEqual(tokenizer.Decode([end]), TextTokenizer.Load(new DirectorySource(Path.Combine(folder.Path, "teacher"))).Decode([end]));
        var options = Options(null, 0.5);
        options.Distillation = new DistillationOptions { TeacherDirectory = Path.Combine(folder.Path, "teacher") };

        var result = LanguageModelTrainer.Train(student, Blocks, options);

        Assert.NotNull(result.History[0].Distillation);
    }

    [Fact]
    public void Train_Classifier_RefusesATeacher()
    {
        using var teacher = Teacher();
        var (texts, labels) = TinyBackbone.LabelledTexts(12);
        var options = TextClassifierTests.Options();
        options.Distillation = new DistillationOptions { Teacher = teacher };

        var error = Assert.Throws<ArgumentException>(() => TextClassifier.Train(TinyBackbone.Backbone, texts, labels, 3, options));

        Assert.Contains("text classification learns from no teacher", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_WrongDistillation_NamesTheOption()
    {
        using var teacher = Teacher();
        (Action<DistillationOptions> Break, string Name)[] cases =
        [
            (o => o.Temperature = 0, "Temperature"),
            (o => o.MixingWeight = 1.1, "MixingWeight"),
            (o => o.HiddenStateWeight = -1, "HiddenStateWeight"),
            (o => o.TeacherPrecision = (Precision)9, "TeacherPrecision"),
            (o => o.TeacherDirectory = "somewhere", "TeacherDirectory"),
            (o => o.Teacher = null, "Teacher"),
        ];
        foreach (var (change, name) in cases)
        {
            var options = Options(teacher, 0.5);
            change(options.Distillation!);

            Assert.Contains("Distillation." + name, Assert.Throws<ArgumentOutOfRangeException>(options.Validate).Message, StringComparison.Ordinal);
        }
    }

    internal static PretrainedLanguageModel Teacher(int? vocabulary = null, int context = TinyBackbone.ContextLength, TextTokenizer? tokenizer = null)
    {
        using var tiny = Student();
        tokenizer ??= tiny.Tokenizer;
        string config = $$"""
            {
              "model_type": "gpt2", "n_layer": 3, "n_embd": 48, "n_head": 2, "n_positions": {{context}}, "vocab_size": {{vocabulary ?? tiny.Backbone.Info.VocabularySize}},
              "initializer_range": 0.15, "attn_pdrop": 0.0, "embd_pdrop": 0.0, "resid_pdrop": 0.0
            }
            """;
        using var generator = new Generator(21, CPU);
        return new PretrainedLanguageModel("teacher", BackboneRegistry.Create(config, generator), tokenizer);
    }

    private static PretrainedLanguageModel Student() => new("tiny", BackboneRegistry.Load(TinyBackbone.Backbone.Source), TextTokenizer.Load(TinyBackbone.Backbone.Source));

    private static string Refused(PretrainedLanguageModel student, PretrainedLanguageModel teacher) =>
        Assert.Throws<ArgumentException>(() => LanguageModelTrainer.Train(student, Blocks, Options(teacher, 0.5))).Message;

    private static void AssertSame(PretrainedLanguageModel expected, PretrainedLanguageModel actual) =>
        Assert.All(expected.Backbone.named_parameters().Zip(actual.Backbone.named_parameters()), pair => Assert.True(pair.First.parameter.eq(pair.Second.parameter).all().item<bool>(), pair.First.name));

    /// <summary>KL(teacher || student) per predicted position, text by text.</summary>
    private static double Divergence(PretrainedLanguageModel teacher, PretrainedLanguageModel student, double temperature = 1)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        double sum = 0;
        foreach (int[] block in Blocks)
        {
            Tensor ids = tensor(block.Select(id => (long)id).ToArray(), 1, block.Length);
            Tensor p = Probabilities(teacher.Backbone, ids, temperature);
            sum += (p * (p.log() - Probabilities(student.Backbone, ids, temperature).log())).narrow(1, 0, block.Length - 1).sum().item<float>();
        }

        return sum / Blocks.Sum(block => block.Length - 1);
    }

    private static Tensor Probabilities(LanguageBackbone backbone, Tensor ids, double temperature) =>
        (backbone.Logits(backbone.Forward(ids, null, HiddenStateSelection.None).LastHiddenState) / temperature).softmax(2);

    private static Tensor Naive(LanguageBackbone student, LanguageBackbone teacher, Tensor ids, Tensor? mask, TokenBatch tokens, DistillationOptions options, Tensor? projection)
    {
        var own = student.Forward(ids, mask, HiddenStateSelection.All);
        var taught = teacher.Forward(ids, mask, HiddenStateSelection.All);
        Tensor logits = student.Logits(own.LastHiddenState);
        Tensor teacherLogits = teacher.Logits(taught.LastHiddenState).detach();
        Tensor total = zeros(1);
        for (int row = 0; row < tokens.Rows; row++)
        {
            for (int position = 0; position + 1 < tokens.Lengths[row]; position++)
            {
                Tensor p = (teacherLogits[row][position] / options.Temperature).softmax(0);
                Tensor divergence = (p * (p.log() - (logits[row][position] / options.Temperature).softmax(0).log())).sum() * options.Temperature * options.Temperature;
                Tensor crossEntropy = -logits[row][position].log_softmax(0)[ids[row][position + 1].item<long>()];
                total = total + (crossEntropy * (1 - options.MixingWeight)) + (divergence * options.MixingWeight);
                foreach (var (layer, teacherLayer) in options.HiddenStateWeight > 0 ? new[] { (1, 2), (2, 3) } : [])
                {
                    Tensor mapped = projection!.mv(own.HiddenStates[layer]![row][position]);
                    Tensor other = taught.HiddenStates[teacherLayer]![row][position].detach();
                    total = total + ((1 - (mapped.dot(other) / (mapped.norm() * other.norm()))) * options.HiddenStateWeight / 2);
                }
            }
        }

        return total;
    }

    private static FineTuneOptions Options(PretrainedLanguageModel? teacher, double share) => new()
    {
        Epochs = 2,
        MicroBatchSize = 8,
        LearningRate = 3e-3,
        ValidationFraction = 0,
        Precision = Precision.Float32,
        Dispersion = { Coefficient = 0 },
        GeometryProbe = null,
        Seed = 3,
        Distillation = teacher is null ? null : new DistillationOptions { Teacher = teacher, MixingWeight = share },
    };
}
