using System.Globalization;
using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>What is fixed of a confirmation before the first trial.</summary>
/// <param name="Metric">What decides.</param>
/// <param name="Test">Test rows that the search never sees.</param>
/// <param name="Rows">How many.</param>
/// <param name="Seeds">Pairs of trainings.</param>
/// <param name="LeastEffect">The least effect; null for the metric's own.</param>
internal sealed record ConfirmationPlan(SearchMetric Metric, IDataView Test, int Rows, int Seeds, double? LeastEffect)
{
    /// <summary>From the value without dispersion to the least effect.</summary>
    /// <exception cref="InvalidOperationException">Of a metric of the caller's own it is not known.</exception>
    internal Func<double, double> LeastEffectOf => LeastEffect is { } given ? _ => given : Metric.LeastEffect
        ?? throw new InvalidOperationException($"What difference of {Metric.Name} matters is not known: pass a least effect to SetConfirmation.");

    /// <summary>Seeds that differ from the search's own.</summary>
    internal static int SeedOf(int searchSeed, int pair) => unchecked(searchSeed + (1_000_003 * (pair + 1)));

    /// <summary>The test rows in blocks of neighbours; up to a block's rows at the end are left out of the interval.</summary>
    internal IEnumerable<IDataView> Blocks(MLContext ml) => RowBlocks.Of(ml, Test, Rows);

    /// <summary>What is kept with the study: two plans with the same text are the same.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Metric.Name}, least effect {(LeastEffect is { } given ? given.ToString("R", CultureInfo.InvariantCulture) : "of the metric")}, {Seeds} seeds, {Rows} test rows, one comparison");
}

/// <summary>Draws by another sampler, which does not see what confirms: its figures are of test rows.</summary>
internal sealed class UnconfirmedSampler(ISampler inner) : ISampler
{
    /// <inheritdoc/>
    public Studies.ParameterSet? Sample(SearchSpace space, IReadOnlyList<StudyObjective> objectives, IReadOnlyList<Trial> history, int number, long seed) =>
        inner.Sample(space, objectives, [.. history.Where(trial => !TrialKinds.IsConfirmation(trial))], number, seed);
}

/// <summary>Passes on how a search stands. Its best trial is none of those that confirm: their figures are of test rows.</summary>
/// <param name="inner">Who listens.</param>
/// <param name="objectives">What the trials are compared by.</param>
/// <param name="before">The trials that there were before.</param>
internal sealed class UnconfirmedProgress(IProgress<StudyProgress> inner, IReadOnlyList<StudyObjective> objectives, IEnumerable<Trial> before) : IProgress<StudyProgress>
{
    private readonly Lock _gate = new();
    private readonly Dictionary<int, Trial> _searched = before.Where(trial => !TrialKinds.IsConfirmation(trial)).ToDictionary(trial => trial.Number);

    /// <inheritdoc/>
    public void Report(StudyProgress value)
    {
        lock (_gate)
        {
            foreach (Trial trial in new[] { value.Trial, value.Best }.OfType<Trial>().Where(trial => !TrialKinds.IsConfirmation(trial)))
            {
                _searched[trial.Number] = trial;
            }

            inner.Report(value with { Best = ParetoFront.Of(_searched.Values.OrderBy(trial => trial.Number), objectives) is [var best, ..] ? best : null });
        }
    }
}
