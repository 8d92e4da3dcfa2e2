using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>What came of training with the dispersion loss and without it. Immutable and thread-safe.</summary>
public sealed record ComparisonResult
{
    /// <summary>Gets what was fixed before the first training.</summary>
    public required ComparisonPlan Plan { get; init; }

    /// <summary>Gets how many pairs of trainings there were; more than the plan's where some were added.</summary>
    public required int Seeds { get; init; }

    /// <summary>Gets the figures: first the one that decides, then those beside it, by the corrected level of <see cref="ComparisonPlan.LevelBeside"/>: further metrics, the mean cosine between tokens of the last layer and of all layers
    /// (smaller, less condensed, counts as better), seconds and memory of a training (smaller is better; least effect 5 % of the plain value).</summary>
    public required IReadOnlyList<ComparisonFigure> Figures { get; init; }

    /// <summary>Gets the mean cosine between different tokens by hidden state without dispersion, embeddings first; empty where geometry was not measured.</summary>
    public required IReadOnlyList<double> PlainCosines { get; init; }

    /// <summary>Gets that with dispersion.</summary>
    public required IReadOnlyList<double> CosinesWithDispersion { get; init; }

    /// <summary>Gets the figure that decides.</summary>
    public ComparisonFigure Deciding => Figures[0];

    /// <summary>Gets the verdict: the word of the figure that decides.</summary>
    public Verdict Verdict => Deciding.Verdict;

    /// <summary>Gets a figure.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="ArgumentException">There is none of this name.</exception>
    public ComparisonFigure this[string name] => Figures.FirstOrDefault(figure => figure.Name == name)
        ?? throw new ArgumentException($"There is no figure '{name}'; there are {string.Join(", ", Figures.Select(figure => figure.Name))}.", nameof(name));

    /// <summary>Writes the verdict, a table of all figures, and what was fixed beforehand.</summary>
    public override string ToString()
    {
        var table = new TextTable([.. Heads]) { AllLeanLeft = true };
        foreach (IReadOnlyList<string> row in Rows())
        {
            table.Add([.. row]);
        }

        return $"Dispersion, by {Deciding}\n\n{table.ToConsole()}\n{Note}\nFixed before the first training: {Plan}.";
    }

    /// <summary>The table's heads.</summary>
    internal static IReadOnlyList<string> Heads => ["", "plain", "with dispersion", "better by", "interval", "word"];

    /// <summary>What the table's words mean.</summary>
    internal string Note => string.Create(
        CultureInfo.InvariantCulture,
        $"{Seeds} pairs of trainings, {Deciding.Rows} test rows. The first line decides; those below it stand beside it, with intervals so wide that all of them together are wrong by chance in 5 %. Positive is better.");

    /// <summary>The table's rows.</summary>
    internal IEnumerable<IReadOnlyList<string>> Rows() => Figures.Select(figure => (IReadOnlyList<string>)
    [
        figure.Name,
        Number(figure.Plain),
        Number(figure.WithDispersion),
        Signed(figure.Verdict.Interval.Estimate),
        string.Create(CultureInfo.InvariantCulture, $"{100 * figure.Verdict.Interval.Level:0.#} %: {Signed(figure.Verdict.Interval.Lower)} to {Signed(figure.Verdict.Interval.Upper)}"),
        $"{figure.Verdict.Text}{(figure.Verdict.IsExploratory ? " (exploratory)" : "")}{(figure == Deciding && figure.Verdict.Needed is { } needed ? $"; {needed}" : "")}",
    ]);

    private static string Number(double value) => value.ToString(Math.Abs(value) >= 100 ? "0" : "0.###", CultureInfo.InvariantCulture);

    private static string Signed(double value) => (value < 0 ? "-" : "+") + Number(Math.Abs(value));
}
