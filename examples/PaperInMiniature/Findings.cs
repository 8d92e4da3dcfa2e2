using System.Globalization;

namespace MLNet.Dispersion.Examples.PaperInMiniature;

/// <summary>All outcomes of the study, and what they say about each of the paper's observations.</summary>
/// <param name="Widths">Pre-trained models by MLP width.</param>
/// <param name="Arms">Mid-trained models of each arm, by seed.</param>
internal sealed record Findings(IReadOnlyList<(int Width, Outcome Outcome)> Widths, IReadOnlyList<(Arm Arm, IReadOnlyList<Outcome> Seeds)> Arms)
{
    private const double Unmoved = 0.05;

    /// <summary>The small model before mid-training.</summary>
    public Outcome Start => Widths[0].Outcome;

    /// <summary>The outcomes of an arm.</summary>
    public IReadOnlyList<Outcome> Of(Arm arm) => Arms.Single(pair => pair.Arm == arm).Seeds;

    /// <summary>One row for each observation: what was published, what was found here, and whether it held.</summary>
    public IEnumerable<(string Observation, string Published, string Here, bool Held)> Observations()
    {
        double[] trends = [.. Widths.Select(pair => pair.Outcome.Trend)];
        double fall = RankCorrelation.Spearman([.. Widths.Select(pair => (double)pair.Width)], trends);
        yield return (
            "Of models that differ in MLP width alone, narrow ones condense with depth and wide ones less so",
            "trend 0.97, 0.91, 0.69, 0.42 at widths 64, 256, 1024, 4096",
            Invariant($"trend {string.Join(", ", trends.Select(trend => trend.ToString("0.00", CultureInfo.InvariantCulture)))} at widths {string.Join(", ", Widths.Select(pair => pair.Width))}"),
            trends[0] > 0 && fall < 0);

        Spread plain = Change(Arm.Plain, outcome => outcome.LastCosine - Start.LastCosine);
        yield return (
            "Plain mid-training leaves the last layer as condensed as it was",
            "cosine about 0.95 before and after",
            Invariant($"{Start.LastCosine:0.000} before, change {plain.Show("0.000", signed: true)}"),
            Math.Abs(plain.Mean) < Unmoved);

        Spread dispersion = Against(Arm.Plain, Arm.Dispersion, outcome => outcome.LastCosine);
        yield return (
            "The dispersion loss spreads the last layer",
            "cosine from about 0.95 to 0.5..0.8 within 1,500 steps",
            Invariant($"{dispersion.Show("0.000", signed: true)} against plain"),
            dispersion.Mean < 0 && dispersion.IsBeyondChance);

        Spread trend = Against(Arm.Plain, Arm.Dispersion, outcome => outcome.Trend);
        yield return (
            "The dispersion loss lowers the trend with depth",
            "small models come to look like large ones",
            Invariant($"{trend.Show("0.00", signed: true)} against plain"),
            trend.Mean < 0 && trend.IsBeyondChance);

        Spread distilled = Against(Arm.Plain, Arm.Distillation, outcome => outcome.LastCosine);
        yield return (
            "Distillation from the large sibling does not reliably cure condensation",
            "the student stays condensed",
            Invariant($"cosine {distilled.Show("0.000", signed: true)} against plain; dispersion {dispersion.Show("0.000", signed: true)}"),
            distilled.Mean > dispersion.Mean);

        Spread noise = Against(Arm.Plain, Arm.NoisyEmbeddings, outcome => outcome.LastCosine);
        Spread forgetting = Against(Arm.Plain, Arm.Forgetting, outcome => outcome.LastCosine);
        yield return (
            "The baselines, noisy embeddings and active forgetting, spread it less than the dispersion loss does",
            "compared by benchmarks: dispersion is ahead of both",
            Invariant($"cosine {noise.Show("0.000", signed: true)} and {forgetting.Show("0.000", signed: true)} against plain"),
            noise.Mean > dispersion.Mean && forgetting.Mean > dispersion.Mean);

        Spread accuracy = Against(Arm.Plain, Arm.Dispersion, outcome => outcome.Accuracy);
        yield return (
            "The dispersion loss improves benchmarks",
            "+3.3 % on the average of ten",
            Invariant($"accuracy {accuracy.Show("0.000", signed: true)} against plain"),
            accuracy.Mean > 0 && accuracy.IsBeyondChance);

        Spread perplexity = Against(Arm.Plain, Arm.Dispersion, outcome => outcome.WordPerplexity);
        yield return (
            "It costs no perplexity",
            "perplexity as good or better",
            Invariant($"word perplexity {perplexity.Show("0.00", signed: true)} against plain"),
            perplexity.Mean <= 0 || !perplexity.IsBeyondChance);
    }

    private Spread Change(Arm arm, Func<Outcome, double> figure) => Spread.Of(Of(arm).Select(figure));

    /// <summary>The differences of the same seeds.</summary>
    private Spread Against(Arm one, Arm other, Func<Outcome, double> figure) => Spread.Of(Of(one).Zip(Of(other), (a, b) => figure(b) - figure(a)));

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
