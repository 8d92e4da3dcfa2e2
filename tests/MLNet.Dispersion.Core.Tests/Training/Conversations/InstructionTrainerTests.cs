using MLNet.Dispersion.Tests.Models.Families;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Training.Conversations;

public sealed class InstructionTrainerTests
{
    /// <summary>Qwen's form, without marks around answers.</summary>
    private const string Unmarked = "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";
    private const string Marked = "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' }}{% if m['role'] == 'assistant' %}{% generation %}{{ m['content'] + '<|im_end|>' }}{% endgeneration %}{% else %}{{ m['content'] + '<|im_end|>' }}{% endif %}{{ '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

    private static readonly Instruction Conversation = Instruction.FromMessages(
    [
        new("user", "invoice?"), new("assistant", "refund it"), new("user", "again"), new("assistant", "charged money"),
    ]);

    [Fact]
    public void Encode_TemplateWithoutMarks_FindsTheSameAnswersAsOneWithThem()
    {
        using PretrainedLanguageModel model = TinyLlama.Create();
        EncodedInstruction unmarked = Encode(model, Unmarked), marked = Encode(model, Marked);
        Assert.Equal(marked.Ids, unmarked.Ids);
        Assert.Equal(marked.Learnt, unmarked.Learnt);
        Assert.Equal("refund it<|im_end|>charged money<|im_end|>", model.Tokenizer.Decode(unmarked.Ids.Zip(unmarked.Learnt).Where(pair => pair.Second).Select(pair => pair.First)));
    }

    [Fact]
    public void Encode_TemplateThatRewritesTurns_IsRefused()
    {
        using PretrainedLanguageModel model = TinyLlama.Create();
        const string template = "{% for m in messages %}{{ m['role'] + ': ' + (m['content'] if loop.last or m['role'] == 'user' else 'old') + '\n' }}{% endfor %}";
        Assert.Contains("Row 5 (from 0): the chat template marks no answers", Assert.Throws<ArgumentException>(() => Encode(model, template)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(SmallFamilies.Decoders), MemberType = typeof(SmallFamilies))]
    public void Forward_TextsThatShareARow_AreAsIfAlone(string family)
    {
        using var scope = NewDisposeScope();
        using LanguageBackbone backbone = SmallFamilies.Backbone(family);
        var random = new Random(3);
        int[][] texts = [.. new[] { 9, 1, 7, 5 }.Select(length => Enumerable.Range(0, length).Select(_ => random.Next(3, 200)).ToArray())];
        float[][] weights = [.. texts.Select(text => text.Select((_, i) => i % 3 == 1 ? 1f : 0).ToArray())];
        var apart = new TrainingRows(texts);
        var packed = new TrainingRows(new EncodedTexts([[.. texts[0], .. texts[1], .. texts[2]], texts[3]], null, 0) { TextLengths = [[9, 1, 7], [5]] });

        double[] gradients = Run(apart, new AnswerObjective(weights, null, isDynamic: false), out double expected);
        double[] shared = Run(packed, new AnswerObjective([[.. weights[0], .. weights[1], .. weights[2]], weights[3]], [[9, 1, 7], [5]], isDynamic: false), out double found);

        Assert.Equal(expected, found, 1e-4 * expected);
        Assert.All(gradients.Zip(shared), pair => Assert.Equal(pair.First, pair.Second, 1e-3 * Math.Max(1e-2, pair.First)));

        double[] Run(TrainingRows rows, AnswerObjective objective, out double loss)
        {
            foreach (var parameter in backbone.parameters())
            {
                parameter.grad = null;
            }

            backbone.train();
            TaskBatch batch = rows.Batch([.. Enumerable.Range(0, rows.Count)], padId: 0);
            PassOutput pass = new ForwardPass(backbone, CPU).Train(batch.Tokens, HiddenStateSelection.None);
            Tensor sum = objective.Compute(backbone, pass.States, pass.InputIds, batch).Sum;
            sum.backward();
            loss = sum.item<float>();
            return [.. backbone.parameters().Where(parameter => parameter.grad is not null).Select(parameter => parameter.grad!.norm().item<float>()).Select(norm => (double)norm)];
        }
    }

    [Theory]
    [InlineData(false, 1f, 0)]
    [InlineData(false, 0.25f, 0)]
    [InlineData(true, 1f, 0)]
    [InlineData(false, 0.5f, 0.2)]
    public void Compute_HeadInChunks_IsThatOfAutomaticDifferentiation(bool isDynamic, float weight, double smoothing)
    {
        using var scope = NewDisposeScope();
        var random = new Random(1);
        Tensor hidden = randn([6, 8]).requires_grad_(true), head = randn([11, 8]);
        Tensor targets = tensor([.. Enumerable.Range(0, 6).Select(_ => (long)random.Next(11))]), weights = tensor([weight, weight, 1f, weight, 1f, weight]);
        Tensor logits = hidden.matmul(head.t());
        AnswerLoss.Sum(logits, targets, weights, isDynamic, smoothing).backward();

        (double sum, Tensor slopes) = AnswerLoss.WithSlopes(logits.detach(), targets, weights, isDynamic, smoothing);

        Assert.Equal(AnswerLoss.Sum(logits.detach(), targets, weights, isDynamic, smoothing).item<float>(), sum, 1e-5);
        Assert.True((slopes.matmul(head) - hidden.grad!).abs().max().item<float>() < 1e-5);
    }

    [Fact]
    public void Score_Answers_IsWhatTrainingLowers()
    {
        using PretrainedLanguageModel model = TinyLlama.Create();
        Instruction[] rows = [Instruction.FromPrompt("invoice", " refund"), Instruction.FromPrompt("crash", " error it is"), Instruction.FromText("parcel delivery")];
        InstructionMetrics before = InstructionMetrics.Of(InstructionTrainer.Score(model, rows));
        var options = new FineTuneOptions { Epochs = 8, LearningRate = 3e-3, ValidationFraction = 0, WarmupRatio = 0, MicroBatchSize = 3, Device = "cpu", Precision = Precision.Float32, Dispersion = { Coefficient = 0 } };

        InstructionTrainingResult result = InstructionTrainer.Train(model, rows, options);

        Assert.Equal(before.MeanNegativeLogLikelihood, result.Training.History[0].TaskLoss, 1e-4);
        Assert.Equal(before.TokenAccuracy, result.Training.History[0].Figures[TrainingFigures.Accuracy], 1e-6);
        InstructionMetrics after = InstructionMetrics.Of(InstructionTrainer.Score(model, rows));
        Assert.True(after.MeanNegativeLogLikelihood < before.MeanNegativeLogLikelihood / 2);
        Assert.Equal(before.Tokens, after.Tokens);
        Assert.Equal((3, 0), (result.Rows, result.TruncatedRows));
    }

    [Fact]
    public void Train_Interrupted_GoesOn()
    {
        string folder = Directory.CreateTempSubdirectory("mlnet-dispersion-answers-").FullName;
        try
        {
            Instruction[] rows = [.. Enumerable.Range(0, 8).Select(i => Instruction.FromPrompt($"invoice {i}", $" refund {i}"))];
            PreferencePair[] pairs = [.. Enumerable.Range(0, 8).Select(i => PreferencePair.FromTexts($"invoice {i}", $" refund {i}", " crash"))];
            foreach (Func<PretrainedLanguageModel, FineTuneOptions, FineTuneResult> train in (Func<PretrainedLanguageModel, FineTuneOptions, FineTuneResult>[])
                [(model, options) => InstructionTrainer.Train(model, rows, options).Training, (model, options) => PreferenceTrainer.Train(model, pairs, options).Training])
            {
                using PretrainedLanguageModel whole = TinyLlama.Create(), halved = TinyLlama.Create(), resumed = TinyLlama.Create();
                FineTuneResult expected = train(whole, Options());
                FineTuneOptions first = Options();
                using var stop = new CancellationTokenSource();
                first.Checkpoints = new CheckpointOptions { Directory = Path.Combine(folder, "run"), EverySteps = 2, Resume = false };
                first.CancellationToken = stop.Token;
                first.Progress = new Stop(5, stop);
                Assert.Throws<OperationCanceledException>(() => train(halved, first));
                FineTuneOptions second = Options();
                second.Checkpoints = new CheckpointOptions { Directory = Path.Combine(folder, "run"), EverySteps = 2 };

                FineTuneResult found = train(resumed, second);

                Assert.Equal(4, found.ResumedFromStep);
                Assert.Equal(expected.History.Select(step => step.TaskLoss), found.History.Select(step => step.TaskLoss));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        static FineTuneOptions Options() => new() { Epochs = 4, LearningRate = 1e-3, MicroBatchSize = 4, ValidationFraction = 0, Device = "cpu", Precision = Precision.Float32, Seed = 1 };
    }

    private sealed class Stop(int step, CancellationTokenSource source) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Step == step)
            {
                source.Cancel();
            }
        }
    }

    private static EncodedInstruction Encode(PretrainedLanguageModel model, string template) =>
        new ConversationEncoder(model, template, CancellationToken.None).Encode(Conversation, 5, new InstructionOptions());
}
