using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>Makes the pictures of a result.</summary>
internal static class SearchPlots
{
    internal static IReadOnlyList<CondensationPicture> All(SearchResult result)
    {
        Trial[] completed = [.. result.Trials.Where(trial => trial.State == TrialState.Completed)];
        if (completed.Length == 0)
        {
            return [];
        }

        return
        [
            new(History(result, completed)),
            .. result.Objectives.Count > 1 ? [new CondensationPicture(Front(result, completed))] : Array.Empty<CondensationPicture>(),
            .. result.Space.Parameters.Select(parameter => Slice(result, completed, parameter)).OfType<LineFigure>().Select(figure => new CondensationPicture(figure)),
        ];
    }

    private static LineFigure History(SearchResult result, Trial[] completed)
    {
        StudyObjective objective = result.Objectives[0];
        double[] best = [.. completed.Select((_, i) => objective.Maximize ? completed.Take(i + 1).Max(trial => trial.Values[0]) : completed.Take(i + 1).Min(trial => trial.Values[0]))];
        double[] numbers = [.. completed.Select(trial => (double)trial.Number)];
        return new LineFigure
        {
            Heading = $"{objective.Name} from trial to trial",
            Summary = string.Create(CultureInfo.InvariantCulture, $"{objective.Name} of each completed trial, with and without dispersion, and the best so far, {best[^1]:0.####} in the end."),
            XLabel = "trial",
            YLabel = objective.Name,
            X = NiceTicks.Covering(numbers[0], numbers[^1], whole: true),
            Y = Ticks(completed.Select(trial => trial.Values[0])),
            Lines = [.. Points(completed, trial => trial.Number, trial => trial.Values[0]), new LineSeries("best so far", numbers, best) { HasMarkers = false }],
        };
    }

    private static LineFigure Front(SearchResult result, Trial[] completed)
    {
        IReadOnlyList<Trial> front = [.. result.ParetoFront.OrderBy(trial => trial.Values[0])];
        return new LineFigure
        {
            Heading = $"{result.Objectives[1].Name} against {result.Objectives[0].Name}",
            Summary = $"Both metrics of each completed trial. No trial beats those on the line in both: {string.Join(", ", front.Select(trial => $"trial {trial.Number}"))}.",
            XLabel = Direction(result.Objectives[0]),
            YLabel = Direction(result.Objectives[1]),
            X = Ticks(completed.Select(trial => trial.Values[0])),
            Y = Ticks(completed.Select(trial => trial.Values[1])),
            Lines =
            [
                .. Points(completed, trial => trial.Values[0], trial => trial.Values[1]),
                new LineSeries("no trial is better in both", [.. front.Select(trial => trial.Values[0])], [.. front.Select(trial => trial.Values[1])]) { HasMarkers = false },
            ],
        };
    }

    /// <summary>The first metric over a parameter; null where fewer than two values were tried.</summary>
    private static LineFigure? Slice(SearchResult result, Trial[] completed, SearchParameter parameter)
    {
        Trial[] active = [.. completed.Where(trial => trial.Parameters!.Has(parameter.Name))];
        if (active.Select(trial => trial.Parameters![parameter.Name]).Distinct().Count() < 2)
        {
            return null;
        }

        bool logarithmic = parameter is LogUniformParameter or IntegerParameter { IsLogarithmic: true };
        return new LineFigure
        {
            Heading = $"{result.Objectives[0].Name} by {parameter.Name}",
            Summary = $"{result.Objectives[0].Name} of each completed trial over its {parameter.Name}{(active.Length < completed.Length ? "; trials without one are left out" : "")}.",
            XLabel = logarithmic ? $"{parameter.Name} (logarithmic)" : parameter.Name,
            YLabel = result.Objectives[0].Name,
            X = parameter switch
            {
                ChoiceParameter choice => new NiceTicks([.. choice.Values.Select((_, i) => (double)i)], [.. choice.Values.Select(value => Convert.ToString(value, CultureInfo.InvariantCulture)!)]),
                _ when logarithmic => LogTicks([.. active.Select(trial => Place(trial, parameter))]),
                IntegerParameter range => NiceTicks.Covering(range.Low, range.High, whole: true),
                _ => Ticks(active.Select(trial => Place(trial, parameter))),
            },
            Y = Ticks(completed.Select(trial => trial.Values[0])),
            Lines = [.. Points(active, trial => Place(trial, parameter), trial => trial.Values[0])],
        };
    }

    private static double Place(Trial trial, SearchParameter parameter) => (trial.Parameters![parameter.Name], parameter) switch
    {
        (var value, ChoiceParameter choice) => choice.Values.ToList().IndexOf(value),
        (double number, LogUniformParameter) => Math.Log10(number),
        (long number, IntegerParameter { IsLogarithmic: true }) => Math.Log10(number),
        var (value, _) => Convert.ToDouble(value, CultureInfo.InvariantCulture),
    };

    /// <summary>Whole powers of ten where there are two in the range, else places with their own numbers.</summary>
    private static NiceTicks LogTicks(double[] logarithms)
    {
        double low = logarithms.Min(), high = logarithms.Max();
        if (high - low >= 1.5)
        {
            return NiceTicks.Decades(low, high);
        }

        double[] places = [.. Enumerable.Range(0, 4).Select(i => low + (i * (high - low) / 3))];
        return new(places, [.. places.Select(place => Math.Pow(10, place).ToString("G2", CultureInfo.InvariantCulture))]);
    }

    /// <summary>Unconnected points: trials with dispersion and those without.</summary>
    private static IEnumerable<LineSeries> Points(IEnumerable<Trial> trials, Func<Trial, double> x, Func<Trial, double> y) => trials
        .GroupBy(HasDispersion).OrderByDescending(group => group.Key)
        .Select(group => Scattered(group.Key switch { true => "with dispersion", false => "without", null => "trials" }, [.. group.OrderBy(x)], x, y));

    private static bool? HasDispersion(Trial trial) =>
        trial.Notes.TryGetValue(TrialCode.DispersionNote, out string? coefficient) ? double.Parse(coefficient, CultureInfo.InvariantCulture) > 0 : null;

    /// <summary>A gap behind each point, so that no line joins them.</summary>
    private static LineSeries Scattered(string name, Trial[] trials, Func<Trial, double> x, Func<Trial, double> y) => new(
        name,
        [.. trials.SelectMany(trial => new[] { x(trial), x(trial) })],
        [.. trials.SelectMany(trial => new[] { y(trial), double.NaN })]);

    private static NiceTicks Ticks(IEnumerable<double> values)
    {
        double[] all = [.. values];
        return NiceTicks.Covering(all.Min(), all.Max());
    }

    private static string Direction(StudyObjective objective) => $"{objective.Name} ({(objective.Maximize ? "larger" : "smaller")} is better)";
}
