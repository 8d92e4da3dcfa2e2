namespace MLNet.Dispersion;

/// <summary>The numbers that a training run takes where <see cref="FineTuneOptions"/> names none, by the rows and the weights that are trained. Immutable and thread-safe.</summary>
/// <remarks>
/// <para>Those of heads were chosen by the table in docs/measured-defaults.md, which a command prints; those of language models are the published recipe's (arXiv 2602.00217).</para>
/// <para>The schedule is that of <see cref="FineTuneOptions.Schedule"/>, by default the same for all: a linear warm-up, then half a cosine down to 0.</para>
/// </remarks>
/// <example>
/// <code>
/// using MLNet.Dispersion;
///
/// FineTuneDefaults few = FineTuneDefaults.ForHead(rows: 96, trainedWeights: 22_700_000);
/// Console.WriteLine($"{few.Epochs} epochs at a rate of {few.LearningRate}");
/// </code>
/// </example>
public sealed record FineTuneDefaults
{
    private const double PublishedRate = 5e-5;
    private const double PublishedWeights = 124e6;
    private const double LowestRate = 1e-5;
    private const double HighestRate = 5e-4;
    private const double BesideTheNetwork = 10;
    private const double EpochsOfOneRow = 48;
    private const int FewestEpochs = 3;
    private const int FewestEpochsOfFewRows = 4;
    private const int MostEpochs = 20;
    private const int FewRows = 1000;
    private const double OutputsOfOneRate = 8;
    private const double FastestHead = 10;

    private FineTuneDefaults()
    {
    }

    /// <summary>Gets the number of passes over the rows.</summary>
    public required int Epochs { get; init; }

    /// <summary>Gets the peak learning rate of the backbone.</summary>
    public required double LearningRate { get; init; }

    /// <summary>Gets what the head's learning rate is, as a multiple of <see cref="LearningRate"/>.</summary>
    public required double HeadLearningRateMultiplier { get; init; }

    /// <summary>Gets the share of steps in which the learning rate rises.</summary>
    public required double WarmupRatio { get; init; }

    /// <summary>Gets the share of rows held out to choose the best weights by.</summary>
    public required double ValidationFraction { get; init; }

    /// <summary>
    /// The numbers for a backbone with a new head on each text, classification and regression: 48 / sqrt(rows) epochs, rounded up, from 4 to 20 below 1,000 rows, of which none are held out; 3 from there on, with a tenth held out.
    /// A head of many outputs learns faster, at outputs / 8 times the backbone's rate, from 1 to 10 times: the more classes there are, the fewer rows speak of each.
    /// </summary>
    /// <param name="rows">Training rows, those that are held out included. At least 1.</param>
    /// <param name="trainedWeights">Weights that are trained: all of them, or those of an adapter, and the head's. At least 1.</param>
    /// <param name="outputs">What the head gives for a text: classes, labels, or 1. At least 1, the default.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    public static FineTuneDefaults ForHead(int rows, long trainedWeights, int outputs = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(outputs, 1);
        return new FineTuneDefaults
        {
            Epochs = (int)Math.Clamp(Math.Ceiling(EpochsOfOneRow / Math.Sqrt(rows)), rows < FewRows ? FewestEpochsOfFewRows : FewestEpochs, MostEpochs),
            LearningRate = Rate(trainedWeights),
            HeadLearningRateMultiplier = Math.Clamp(outputs / OutputsOfOneRate, 1, FastestHead),
            WarmupRatio = 0.1,
            ValidationFraction = rows < FewRows ? 0 : 0.1,
        };
    }

    /// <summary>The numbers where a low-rank adapter is trained in the network's place, and the head: those of <see cref="ForHead"/> with ten times the rate that the whole network would have, 5e-3 at most.</summary>
    /// <param name="rows">Training rows, those that are held out included. At least 1.</param>
    /// <param name="networkWeights">Weights of the whole network, the head's included. At least 1.</param>
    /// <param name="outputs">What the head gives for a text. At least 1, the default.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    public static FineTuneDefaults ForAdapter(int rows, long networkWeights, int outputs = 1) => ForHead(rows, networkWeights, outputs) with { LearningRate = BesideTheNetwork * Rate(networkWeights) };

    /// <summary>The numbers where the head alone is trained, on a network that stays as it is: those of <see cref="ForHead"/> with a rate of 5e-3, whatever the network.</summary>
    /// <param name="rows">Training rows, those that are held out included. At least 1.</param>
    /// <param name="outputs">What the head gives for a text. At least 1, the default.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    public static FineTuneDefaults ForHeadAlone(int rows, int outputs = 1) => ForAdapter(rows, networkWeights: 1, outputs);

    /// <summary>The numbers for a language model without a head of its own task.</summary>
    /// <param name="trainedWeights">Weights that are trained. At least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is below 1.</exception>
    public static FineTuneDefaults ForLanguageModel(long trainedWeights) => new()
    {
        Epochs = 3,
        LearningRate = Rate(trainedWeights),
        HeadLearningRateMultiplier = 10,
        WarmupRatio = 0.2,
        ValidationFraction = 0.1,
    };

    /// <summary>The published 5e-5 at GPT-2's 124 M weights, inversely proportional to their number, between 1e-5 and 5e-4.</summary>
    private static double Rate(long trainedWeights)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(trainedWeights, 1);
        return Math.Clamp(PublishedRate * PublishedWeights / trainedWeights, LowestRate, HighestRate);
    }
}
