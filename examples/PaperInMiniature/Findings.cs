namespace MLNet.Dispersion.Examples.PaperInMiniature;

/// <summary>All replications of the study, and what they say about each of the paper's observations.</summary>
/// <param name="Replications">At least two.</param>
internal sealed record Findings(IReadOnlyList<Replication> Replications)
{
    /// <summary>The least effect of a trend, a rank correlation from -1 to 1.</summary>
    private const double LeastTrend = 0.1;

    private const string Better = "better", NoDifference = "no difference that matters";

    private const int Observed = 23;

    /// <summary>The level of each interval: all observations together are wrong by chance in at most 5 % (Bonferroni).</summary>
    public static double Level => 1 - (0.05 / Observed);

    /// <summary>The observations; positive is what was published, or where it says that nothing changes, less condensed.</summary>
    public IReadOnlyList<Observation> Observations() => [.. OfInitialisation(), .. Replications[0].Widths.Count > 0 ? [.. OfTrainingFromRandomWeights(), .. OfTraining()] : Array.Empty<Observation>()];

    private Observation[] OfInitialisation() =>
    [
        Of(
            "At random weights of the published shape the narrowest MLP's last layer is more condensed than the widest's (cosine)",
            "condensation is there at initialisation; figures not at hand",
            Better,
            LeastEffect.Cosine,
            one => one.Narrowest.LastCosine - one.Widest.LastCosine),
        Of(
            "At random weights the narrowest MLP condenses no more with depth than the widest (trend)",
            "not at hand: the published trends by width are of trained models",
            NoDifference,
            LeastTrend,
            one => one.Narrowest.Trend - one.Widest.Trend),
    ];

    /// <summary>The small model's random weights are condensed: what training makes of that.</summary>
    private Observation[] OfTrainingFromRandomWeights() =>
    [
        Of(
            "Plain training from random weights opens the small model's last layer (cosine)",
            "pre-training mitigates the condensation of initialisation; figures not at hand",
            Better,
            LeastEffect.Cosine,
            one => one.Initial.First(start => start.Shape != one.Initial[0].Shape).LastCosine - one.Start.LastCosine),
        Of(
            "Trained from random weights with the dispersion loss its last layer is less condensed than without (cosine)",
            "not at hand",
            Better,
            LeastEffect.Cosine,
            one => one.Start.LastCosine - one.FromRandom(Arm.Dispersion).LastCosine),
        Of(
            "So are its layers on the mean (cosine)",
            "not at hand",
            Better,
            LeastEffect.Cosine,
            one => one.Start.MeanCosine - one.FromRandom(Arm.Dispersion).MeanCosine),
        Of(
            "With a coefficient of 1 the last layer is less condensed than without (cosine)",
            "not at hand",
            Better,
            LeastEffect.Cosine,
            one => one.Start.LastCosine - one.FromRandom(Arm.StrongDispersion).LastCosine),
        Of(
            "And so are the layers on the mean (cosine)",
            "not at hand",
            Better,
            LeastEffect.Cosine,
            one => one.Start.MeanCosine - one.FromRandom(Arm.StrongDispersion).MeanCosine),
        Of(
            "A coefficient of 0.1 costs no perplexity (word perplexity against plain)",
            "as good or better",
            $"{Better}, or {NoDifference}",
            LeastEffect.OfLoss(Replications.Average(one => one.Start.WordPerplexity)),
            one => one.Start.WordPerplexity - one.FromRandom(Arm.Dispersion).WordPerplexity),
        Of(
            "Nor does a coefficient of 1 (word perplexity against plain)",
            "not at hand",
            $"{Better}, or {NoDifference}",
            LeastEffect.OfLoss(Replications.Average(one => one.Start.WordPerplexity)),
            one => one.Start.WordPerplexity - one.FromRandom(Arm.StrongDispersion).WordPerplexity),
        Of(
            "From random weights, too, dispersion spreads the layers more than noisy embeddings (mean cosine over layers)",
            "compared by benchmarks of mid-trained models",
            Better,
            LeastEffect.Cosine,
            one => one.FromRandom(Arm.NoisyEmbeddings).MeanCosine - one.FromRandom(Arm.Dispersion).MeanCosine),
        Of(
            "And more than distillation from the large sibling (mean cosine over layers)",
            "the student stays condensed",
            Better,
            LeastEffect.Cosine,
            one => one.FromRandom(Arm.Distillation).MeanCosine - one.FromRandom(Arm.Dispersion).MeanCosine),
    ];

    private Observation[] OfTraining() =>
    [
        Of(
            "Of trained models that differ in MLP width alone, the narrowest condenses more with depth than the widest (trend)",
            "trend 0.97, 0.91, 0.69, 0.42 at widths 64, 256, 1024, 4096",
            Better,
            LeastTrend,
            one => one.Start.Trend - one.Widths[^1].Outcome.Trend),
        Of(
            "Plain mid-training leaves the last layer as condensed as it was (cosine)",
            "about 0.95 before and after",
            NoDifference,
            LeastEffect.Cosine,
            one => one.Start.LastCosine - one.Of(Arm.Plain).LastCosine),
        Of(
            "The dispersion loss spreads the last layer (cosine against plain)",
            "from about 0.95 to 0.5..0.8 within 1,500 steps",
            Better,
            LeastEffect.Cosine,
            one => one.Of(Arm.Plain).LastCosine - one.Of(Arm.Dispersion).LastCosine),
        Of(
            "The dispersion loss lowers the trend with depth (trend against plain)",
            "small models come to look like large ones",
            Better,
            LeastTrend,
            one => one.Of(Arm.Plain).Trend - one.Of(Arm.Dispersion).Trend),
        Of(
            "It spreads the last layer more than distillation from the large sibling (cosine)",
            "the student stays condensed",
            Better,
            LeastEffect.Cosine,
            one => one.Of(Arm.Distillation).LastCosine - one.Of(Arm.Dispersion).LastCosine),
        Of(
            "It spreads the last layer more than noisy embeddings (cosine)",
            "compared by benchmarks: dispersion is ahead",
            Better,
            LeastEffect.Cosine,
            one => one.Of(Arm.NoisyEmbeddings).LastCosine - one.Of(Arm.Dispersion).LastCosine),
        Of(
            "It spreads the last layer more than active forgetting (cosine)",
            "compared by benchmarks: dispersion is ahead",
            Better,
            LeastEffect.Cosine,
            one => one.Of(Arm.Forgetting).LastCosine - one.Of(Arm.Dispersion).LastCosine),
        Of(
            "It improves benchmarks (accuracy against plain)",
            "+3.3 % on the average of ten",
            Better,
            LeastEffect.Accuracy,
            one => one.Of(Arm.Dispersion).Accuracy - one.Of(Arm.Plain).Accuracy),
        Of(
            "It improves them more than noisy embeddings (accuracy)",
            "ahead",
            Better,
            LeastEffect.Accuracy,
            one => one.Of(Arm.Dispersion).Accuracy - one.Of(Arm.NoisyEmbeddings).Accuracy),
        Of(
            "And more than active forgetting (accuracy)",
            "ahead",
            Better,
            LeastEffect.Accuracy,
            one => one.Of(Arm.Dispersion).Accuracy - one.Of(Arm.Forgetting).Accuracy),
        Of(
            "And more than distillation from the large sibling (accuracy)",
            "not at hand",
            Better,
            LeastEffect.Accuracy,
            one => one.Of(Arm.Dispersion).Accuracy - one.Of(Arm.Distillation).Accuracy),
        Of(
            "It costs no perplexity (word perplexity against plain)",
            "as good or better",
            $"{Better}, or {NoDifference}",
            LeastEffect.OfLoss(Replications.Average(one => one.Of(Arm.Plain).WordPerplexity)),
            one => one.Of(Arm.Plain).WordPerplexity - one.Of(Arm.Dispersion).WordPerplexity),
    ];

    private Observation Of(string text, string published, string word, double leastEffect, Func<Replication, double> figure) =>
        new(text, published, word, Verdict.Of(MeanInterval.T([.. Replications.Select(figure)], Level), leastEffect));
}
