namespace MLNet.Dispersion;

/// <summary>The one place where pairs of trainings become a word: of a comparison, of a search's confirmation, and of the simulations that hold both against a truth that is known.</summary>
internal static class PairedVerdict
{
    /// <summary>What the one way did better than the other, for each seed and row; rows with weights are taken as parts of a ratio (linearised at each seed's mean).</summary>
    internal static PairedDifferences Differences(IReadOnlyList<RowFigures> figures, IReadOnlyList<RowFigures> others, bool largerIsBetter, IReadOnlyList<int>? groups = null)
    {
        if (others[0].Weights is not { } weights)
        {
            return PairedDifferences.Of([.. figures.Select(seed => seed.Values)], [.. others.Select(seed => seed.Values)], largerIsBetter, groups);
        }

        double scale = weights.Count / weights.Sum();
        return new([.. figures.Zip(others, (one, other) =>
        {
            double mean = largerIsBetter ? one.Mean - other.Mean : other.Mean - one.Mean;
            return (IReadOnlyList<double>)[.. weights.Index().Select(row => mean + (scale * row.Item * ((largerIsBetter ? 1 : -1) * (one.Values[row.Index] - other.Values[row.Index]) - mean)))];
        })], groups);
    }

    /// <summary>Judges differences by the interval over seeds and rows.</summary>
    /// <param name="differences">The differences; positive is better.</param>
    /// <param name="leastEffect">The least effect, in the unit that is shown.</param>
    /// <param name="isExploratory">Whether the word carries the mark.</param>
    /// <param name="level">The level of the interval.</param>
    /// <param name="perplexity">The plain perplexity, where differences of losses a token are shown as those of perplexities; null where they are shown as they are.</param>
    internal static Verdict Of(PairedDifferences differences, double leastEffect, bool isExploratory = false, double level = 0.95, double? perplexity = null)
    {
        if (perplexity is not { } plain)
        {
            return Verdict.Of(differences, leastEffect, isExploratory, level);
        }

        Verdict verdict = Verdict.Of(Shown(PairedInterval.SeedsByRows(differences, level), plain), leastEffect, isExploratory);
        return verdict.Word == VerdictWord.CannotBeTold
            ? verdict with { Needed = Power.NeededBeyond(differences, -Math.Log(1 - Math.Min(0.99, leastEffect / plain)), level: level) }
            : verdict;
    }

    /// <summary>From differences of losses a token to those of perplexities.</summary>
    internal static Interval Shown(Interval losses, double plainPerplexity) => losses.Through(loss => plainPerplexity * (1 - Math.Exp(-loss)));
}
