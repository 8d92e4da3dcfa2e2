namespace MLNet.Dispersion.Examples.PaperInMiniature;

/// <summary>The whole study once, from random weights on.</summary>
/// <param name="Widths">Pre-trained models by MLP width.</param>
/// <param name="Arms">Mid-trained models, one of each arm.</param>
internal sealed record Replication(IReadOnlyList<(int Width, Outcome Outcome)> Widths, IReadOnlyList<(Arm Arm, Outcome Outcome)> Arms)
{
    /// <summary>The small model before mid-training.</summary>
    public Outcome Start => Widths[0].Outcome;

    /// <summary>The outcome of an arm.</summary>
    public Outcome Of(Arm arm) => Arms.Single(pair => pair.Arm == arm).Outcome;
}
