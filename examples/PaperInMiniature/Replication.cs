namespace MLNet.Dispersion.Examples.PaperInMiniature;

/// <summary>The whole study once, from random weights on.</summary>
/// <param name="Initial">Models of random weights: of the published shape by MLP width, then of this size's.</param>
/// <param name="Widths">Pre-trained models by MLP width; none where only initialisation is looked at.</param>
/// <param name="FromRandomWeights">The narrowest of them pre-trained in other ways, one of each arm.</param>
/// <param name="Arms">Mid-trained models, one of each arm.</param>
internal sealed record Replication(
    IReadOnlyList<InitialOutcome> Initial,
    IReadOnlyList<(int Width, Outcome Outcome)> Widths,
    IReadOnlyList<(Arm Arm, Outcome Outcome)> FromRandomWeights,
    IReadOnlyList<(Arm Arm, Outcome Outcome)> Arms)
{
    /// <summary>The small model before mid-training.</summary>
    public Outcome Start => Widths[0].Outcome;

    /// <summary>The narrowest model of random weights of the published shape.</summary>
    public InitialOutcome Narrowest => OfFirstShape.First();

    /// <summary>The widest.</summary>
    public InitialOutcome Widest => OfFirstShape.Last();

    private IEnumerable<InitialOutcome> OfFirstShape => Initial.TakeWhile(one => one.Shape == Initial[0].Shape);

    /// <summary>The outcome of an arm that started from random weights.</summary>
    public Outcome FromRandom(Arm arm) => FromRandomWeights.Single(pair => pair.Arm == arm).Outcome;

    /// <summary>The outcome of an arm of mid-training.</summary>
    public Outcome Of(Arm arm) => Arms.Single(pair => pair.Arm == arm).Outcome;
}
