namespace MLNet.Dispersion;

/// <summary>All trainings of a comparison, paired by seed, and what is said of them.</summary>
/// <param name="plan">What was fixed.</param>
/// <param name="metrics">The metrics, the deciding one first.</param>
/// <param name="with">The trainings with dispersion, by seed.</param>
/// <param name="plain">Those without.</param>
/// <param name="groups">The group of each test row; null where rows are independent.</param>
internal sealed class ComparedRuns(ComparisonPlan plan, IReadOnlyList<ComparisonMetric> metrics, IReadOnlyList<ComparedRun> with, IReadOnlyList<ComparedRun> plain, IReadOnlyList<int>? groups)
{
    /// <summary>What stands beside the metrics, where it was measured.</summary>
    internal const string LastLayer = "mean cosine, last layer", AllLayers = "mean cosine, all layers", Seconds = "seconds a training", Memory = "memory, MiB";

    /// <summary>The part of the plain value that is the least effect of times and memory.</summary>
    private const double CostPart = 0.05;

    private bool IsExploratory => plan.IsExploratory || plain.Count > plan.Seeds;

    /// <summary>Judges.</summary>
    internal ComparisonResult ToResult()
    {
        bool hasCosines = plain[0].Cosines.Count > 1;
        if (groups is not null && plain[0].Metrics[plan.Metric].Values.Count != groups.Count)
        {
            throw new InvalidOperationException(
                $"There are {groups.Count} test rows with a group ('{plan.Groups}') and {plain[0].Metrics[plan.Metric].Values.Count} figures of {plan.Metric}, so it is not known which belong together: leave out rows without a label, or compare without groups.");
        }

        return new ComparisonResult
        {
            Plan = plan,
            Seeds = plain.Count,
            Figures =
            [
                .. metrics.Where(metric => plain[0].Metrics.ContainsKey(metric.Name)).Select((metric, i) => OfMetric(metric, i == 0 ? plan.Level : plan.LevelBeside)),
                .. hasCosines ? [OfCosines(LastLayer, layers => layers[^1]), OfCosines(AllLayers, layers => layers.Average())] : Array.Empty<ComparisonFigure>(),
                OfCost(Seconds, run => run.Seconds),
                OfCost(Memory, run => run.Mebibytes),
            ],
            PlainCosines = hasCosines ? ByLayer(plain) : [],
            CosinesWithDispersion = hasCosines ? ByLayer(with) : [],
        };
    }

    private ComparisonFigure OfMetric(ComparisonMetric metric, double level) => OfRows(
        metric.Name, metric.LargerIsBetter, [.. with.Select(run => run.Metrics[metric.Name])], [.. plain.Select(run => run.Metrics[metric.Name])], metric.LeastEffectOf, level, metric.IsPerplexity);

    private ComparisonFigure OfCosines(string name, Func<double[], double> figure) => OfRows(
        name, largerIsBetter: false, [.. with.Select(run => OfTexts(run, figure))], [.. plain.Select(run => OfTexts(run, figure))], _ => LeastEffect.Cosine, plan.LevelBeside, isPerplexity: false);

    private ComparisonFigure OfRows(string name, bool largerIsBetter, IReadOnlyList<RowFigures> withRows, IReadOnlyList<RowFigures> plainRows, Func<double, double> leastEffect, double level, bool isPerplexity)
    {
        // Blocks and the first texts, which are measured beside, have no group by place.
        int count = plainRows[0].Values.Count;
        PairedDifferences differences = PairedVerdict.Differences(withRows, plainRows, largerIsBetter, groups?.Count == count ? groups : null);
        double plainMean = plainRows.Average(seed => seed.Mean), withMean = withRows.Average(seed => seed.Mean);
        double shown = isPerplexity ? Math.Exp(plainMean) : plainMean;
        Interval Shown(Interval interval) => isPerplexity ? PairedVerdict.Shown(interval, shown) : interval;
        return new ComparisonFigure
        {
            Name = name,
            LargerIsBetter = largerIsBetter,
            Plain = shown,
            WithDispersion = isPerplexity ? Math.Exp(withMean) : withMean,
            Verdict = PairedVerdict.Of(differences, leastEffect(shown), IsExploratory, level, isPerplexity ? shown : null),
            SeedDifferences = [.. differences.SeedMeans.Select(difference => isPerplexity ? shown * (1 - Math.Exp(-difference)) : difference)],
            OverSeeds = Shown(PairedInterval.Seeds(differences, level)),
            OverRows = Shown(PairedInterval.Rows(differences, level)),
            Rows = count,
        };
    }

    private ComparisonFigure OfCost(string name, Func<ComparedRun, double> cost)
    {
        double[] differences = [.. with.Zip(plain, (one, other) => cost(other) - cost(one))];
        double plainMean = plain.Average(cost);
        Interval interval = MeanInterval.T(differences, plan.LevelBeside);
        return new ComparisonFigure
        {
            Name = name,
            LargerIsBetter = false,
            Plain = plainMean,
            WithDispersion = with.Average(cost),
            Verdict = Verdict.Of(interval, CostPart * plainMean, IsExploratory),
            SeedDifferences = differences,
            OverSeeds = interval,
            OverRows = null,
            Rows = null,
        };
    }

    private static RowFigures OfTexts(ComparedRun run, Func<double[], double> figure) => new([.. run.Cosines.Select(figure)]);

    private static double[] ByLayer(IReadOnlyList<ComparedRun> runs) =>
        [.. Enumerable.Range(0, runs[0].Cosines[0].Length).Select(layer => runs.Average(run => run.Cosines.Average(text => text[layer])))];
}
