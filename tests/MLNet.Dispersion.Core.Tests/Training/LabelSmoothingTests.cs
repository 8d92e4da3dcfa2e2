using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Training;

public sealed class LabelSmoothingTests
{
    private const double Share = 0.15;

    [Fact]
    public void Compute_Classes_IsTheCrossEntropyOfPyTorchAndReportsThePlainOne()
    {
        using var scope = NewDisposeScope();
        using var head = ScoreHead.Create(4, 3, seed: 2, CPU, TextPooling.Mean);
        int[] labels = [2, 0, 1];
        (Tensor states, TaskBatch batch, double[][] logits) = Rows(head, labels.Length);
        TaskLoss loss = new ClassificationObjective(head, labels, Share).Compute(null!, new BackboneOutput(states, []), tensor(new long[] { 0 }), batch);

        double plain = 0;
        double smoothed = 0;
        for (int row = 0; row < labels.Length; row++)
        {
            double sum = Math.Log(logits[row].Sum(Math.Exp));
            for (int k = 0; k < 3; k++)
            {
                double target = ((k == labels[row] ? 1 : 0) * (1 - Share)) + (Share / 3);
                smoothed -= target * (logits[row][k] - sum);
            }

            plain -= logits[row][labels[row]] - sum;
        }

        Assert.Equal(smoothed, loss.Sum.item<float>(), 1e-4);
        Assert.Equal(plain, loss.Own!.item<float>(), 1e-4);
        Tensor torchs = nn.functional.cross_entropy(head.Outputs(null!, states, batch.Tokens.Lengths), tensor(labels.Select(label => (long)label).ToArray()), reduction: nn.Reduction.Sum, label_smoothing: Share);
        Assert.Equal(torchs.item<float>(), loss.Sum.item<float>(), 1e-4);
    }

    [Fact]
    public void Compute_YesOrNo_IsTheLogisticLossOfSmoothedLabels()
    {
        using var scope = NewDisposeScope();
        using var head = ScoreHead.Create(4, 1, seed: 2, CPU, TextPooling.Mean);
        bool[] labels = [true, false, true];
        (Tensor states, TaskBatch batch, double[][] logits) = Rows(head, labels.Length);
        TaskLoss loss = new BinaryClassificationObjective(head, labels, Share).Compute(null!, new BackboneOutput(states, []), tensor(new long[] { 0 }), batch);

        double expected = labels.Select((label, row) =>
        {
            double target = (label ? 1 - Share : 0) + (Share / 2);
            return (target * Math.Log(1 + Math.Exp(-logits[row][0]))) + ((1 - target) * Math.Log(1 + Math.Exp(logits[row][0])));
        }).Sum();
        Assert.Equal(expected, loss.Sum.item<float>(), 1e-4);
    }

    [Fact]
    public void Train_TaskWithoutClasses_RefusesIt()
    {
        var options = new FineTuneOptions { LabelSmoothing = 0.1, MaxSteps = 1, Device = "cpu" };
        string regression = Assert.Throws<ArgumentException>(() => TextRegressor.Train(TinyBackbone.Backbone, ["a", "b"], [1f, 2f], options)).Message;
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        string causal = Assert.Throws<ArgumentException>(() => LanguageModelTrainer.Train(model, [[1, 2, 3]], options)).Message;

        Assert.All([regression, causal], message => Assert.Contains("LabelSmoothing is 0.1", message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(-0.01)]
    [InlineData(1)]
    [InlineData(double.NaN)]
    public void Validate_OutOfRange_NamesIt(double share) =>
        Assert.Contains("LabelSmoothing", Assert.Throws<ArgumentOutOfRangeException>(new FineTuneOptions { LabelSmoothing = share }.Validate).Message, StringComparison.Ordinal);

    /// <summary>Hidden states of some rows of two tokens, and what the head makes of their means.</summary>
    private static (Tensor States, TaskBatch Batch, double[][] Logits) Rows(ScoreHead head, int count)
    {
        Tensor states = tensor(Enumerable.Range(0, count * 8).Select(i => (float)(40 * Math.Cos(3 * i))).ToArray(), count, 2, 4);
        var batch = new TrainingRows([.. Enumerable.Range(0, count).Select(_ => new[] { 0, 1 })]).Batch([.. Enumerable.Range(0, count)], padId: 0);
        float[] weights = head.Weight.data<float>().ToArray();
        float[] values = states.data<float>().ToArray();
        double[][] logits =
        [
            .. Enumerable.Range(0, count).Select(row => Enumerable.Range(0, head.OutputCount)
                .Select(k => Enumerable.Range(0, 4).Sum(f => weights[(k * 4) + f] * (values[(row * 8) + f] + (double)values[(row * 8) + 4 + f]) / 2)).ToArray()),
        ];
        return (states, batch, logits);
    }
}
