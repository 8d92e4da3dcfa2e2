using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion.Examples.QuickStart;

/// <summary>What one training gave.</summary>
/// <param name="Right">1 for each test ticket that was answered rightly, 0 for others.</param>
/// <param name="Losses">Each test ticket's negative log-probability of the right team, nats.</param>
/// <param name="CalibrationError">Mean distance of confidence and accuracy over ten ranges of confidence.</param>
/// <param name="Before">Mean cosine between tokens by hidden state before training; empty for the bag of words.</param>
/// <param name="After">That behind it.</param>
internal sealed record Trained(double[] Right, double[] Losses, double CalibrationError, double[] Before, double[] After);

/// <summary>Ways of training on the same tickets, by seed. Several trainings may run at once.</summary>
internal sealed class Trials(IDataView train, IDataView test, IReadOnlyList<string> arms)
{
    /// <summary>How many trainings there are of each way.</summary>
    public const int Seeds = 10;

    /// <summary>The dispersion loss is judged against this one, and so are its rivals.</summary>
    public const string Plain = "plain";

    /// <summary>Plain training of twice as many epochs, too many for so few rows.</summary>
    public const string Long = "plain, twice as long";

    /// <summary>The dispersion loss in as many.</summary>
    public const string LongDispersion = "dispersion, twice as long";

    /// <summary>Label smoothing in as many.</summary>
    public const string LongSmoothing = "label smoothing, twice as long";

    private static readonly int TwiceAsMany = 2 * FineTuneDefaults.ForHead(rows: 60, trainedWeights: 1).Epochs;
    private readonly Dictionary<string, Trained[]> _runs = arms.ToDictionary(arm => arm, _ => new Trained[Seeds]);

    /// <summary>How many test tickets there are.</summary>
    public int TestRows => Runs(Plain)[0].Right.Length;

    /// <summary>What a way is held against: that which it adds one thing to.</summary>
    public static string Rival(string arm) => arm is LongDispersion or LongSmoothing ? Long : Plain;

    /// <summary>The ways.</summary>
    public IReadOnlyList<string> Arms => arms;

    /// <summary>The trainings of one way, by seed.</summary>
    public IReadOnlyList<Trained> Runs(string arm) => _runs[arm];

    /// <summary>Trains and tests.</summary>
    /// <param name="arm">The way.</param>
    /// <param name="seed">1 to <see cref="Seeds"/>.</param>
    public void Run(string arm, int seed)
    {
        var ml = new MLContext(seed);
        ITransformer model = ml.Transforms.Conversion.MapValueToKey("Label").Append(Trainer(ml, arm, seed)).Fit(train);
        using var weights = model as IDisposable;
        IDataView scored = model.Transform(test);
        float[][] scores = [.. scored.GetColumn<float[]>("Score")];
        int[] labels = [.. scored.GetColumn<uint>("Label").Select(key => (int)key - 1)];
        var history = (model as TransformerChain<ITransformer>)?.LastTransformer is FineTuneWithDispersionTransformer tuned ? tuned.GeometryHistory : [];
        _runs[arm][seed - 1] = new Trained(
            [.. scores.Zip(labels, (row, label) => Best(row) == label ? 1.0 : 0)],
            [.. scores.Zip(labels, (row, label) => -Math.Log(Math.Max(row[label], 1e-9)))],
            MultiClassMetrics.CalibrationError([.. scores.Select(row => Math.Min(1.0, row.Max()))], [.. scores.Zip(labels, (row, label) => Best(row) == label)]),
            history.Count == 0 ? [] : Cosines(history[0]),
            history.Count == 0 ? [] : Cosines(history[^1]));
    }

    private static IEstimator<ITransformer> Trainer(MLContext ml, string arm, int seed)
    {
        if (arm == "bag of words")
        {
            return ml.Transforms.Text.LexicalFeatures("Features", "Text").Append(ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy(l1Regularization: 0, l2Regularization: 0.1f));
        }

        var options = new FineTuneOptions { Seed = seed, Epochs = arm is Long or LongDispersion or LongSmoothing ? TwiceAsMany : null };
        options.Dispersion.Coefficient = arm is "dispersion" or LongDispersion ? 1 : 0;
        options.LabelSmoothing = arm is "label smoothing" or LongSmoothing ? 0.1 : 0;
        return ml.MulticlassClassification.Trainers.FineTuneWithDispersion(options: options);
    }

    private static double[] Cosines(GeometrySnapshot snapshot) => [.. snapshot.Profile.Layers.Select(layer => layer.MeanCosineOffDiagonal)];

    private static int Best(float[] row) => Array.IndexOf(row, row.Max());
}
