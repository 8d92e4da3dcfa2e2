namespace MLNet.Dispersion.Examples.PaperInMiniature;

/// <summary>One model after one training.</summary>
/// <param name="Name">What tables and pictures call it.</param>
/// <param name="Report">Its condensation on held-out texts.</param>
/// <param name="Evaluation">Its scores.</param>
/// <param name="History">Its condensation over training.</param>
internal sealed record Outcome(string Name, CondensationReport Report, EvaluationResult Evaluation, IReadOnlyList<GeometrySnapshot> History)
{
    /// <summary>The name of the perplexity among the scores.</summary>
    public const string PerplexityTask = "held_out";

    /// <summary>On held-out texts.</summary>
    public double WordPerplexity => Evaluation.Task(PerplexityTask).Main.Value;

    /// <summary>Spearman's rho between mean cosine and depth.</summary>
    public double Trend => Report.Profile.Trend.Spearman;

    /// <summary>Kendall's tau-b of the same.</summary>
    public double Kendall => Report.Profile.Trend.KendallTauB;

    /// <summary>The last layer's mean cosine, diagonal included, as published.</summary>
    public double LastCosine => Report.Profile.Layers[^1].MeanCosine;

    /// <summary>The mean cosine on average over the hidden states behind each block, diagonal included.</summary>
    public double MeanCosine => Report.Profile.Layers.Skip(1).Average(layer => layer.MeanCosine);

    /// <summary>The mean accuracy over the benchmarks.</summary>
    public double Accuracy => Evaluation.Mean;
}
