using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>Draws what a search found. Thread-safe.</summary>
public static class SearchPlots
{
    /// <summary>Draws the pictures: how the best value rose or fell from trial to trial, the first metric over each parameter, and with two metrics the Pareto front.</summary>
    /// <param name="result">The result.</param>
    /// <returns>The pictures, that of the trials first; none while no trial has completed.</returns>
    public static IReadOnlyList<CondensationPicture> ToPictures(this SearchResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        Trial[] completed = [.. result.Trials.Where(trial => trial.State == TrialState.Completed)];
        if (completed.Length == 0)
        {
            return [];
        }

        LineChart[] charts =
        [
            History(result, completed),
            .. result.Objectives.Count > 1 ? [Front(result, completed)] : Array.Empty<LineChart>(),
            .. result.Space.Parameters.Select(parameter => Slice(result, completed, parameter)).OfType<LineChart>(),
        ];
        return [.. charts.Select(CondensationPlots.Lines)];
    }

    /// <summary>Writes a self-contained web page: verdict, pictures and tables. It appears whole or not at all.</summary>
    /// <param name="result">The result.</param>
    /// <param name="path">The file; replaced if it exists.</param>
    /// <param name="title">The page's title. Default <c>Hyperparameter search</c>.</param>
    /// <exception cref="ArgumentException">The path names no file, or the title is empty.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void WriteHtml(this SearchResult result, string path, string title = "Hyperparameter search")
    {
        ArgumentNullException.ThrowIfNull(result);
        HtmlReport.Write(path, new HtmlReportContent(Tables(result), result.ToPictures()) { Title = title });
    }

    /// <summary>The page's tables: verdict and best first.</summary>
    private static IReadOnlyList<HtmlReportTable> Tables(SearchResult result) =>
    [
        new("In short", ["", "best with dispersion", "best without"], [.. Summary(result)]) { Note = result.Dispersion.ToString() },
        new("What matters", ["parameter", "share", "by chance up to"], [.. result.Importance.Select(importance => (IReadOnlyList<string>)[importance.Parameter, TrialTable.Number(importance.Share, "0.00") + (importance.IsAboveChance ? "" : " (not above chance)"), TrialTable.Number(importance.ChanceShare, "0.00")])])
        {
            Note = "How much each parameter, by itself, has to do with which trials are among the best quarter. A share that is not above chance says nothing.",
        },
        new("All trials", [.. TrialTable.Heads(result)], [.. TrialTable.Ordered(result).Select(trial => (IReadOnlyList<string>)TrialTable.Cells(result, trial))]) { Note = "Best first; those that were pruned or failed last." },
    ];

    private static IEnumerable<IReadOnlyList<string>> Summary(SearchResult result)
    {
        DispersionVerdict verdict = result.Dispersion;
        (Trial? with, Trial? without) = (verdict.BestWith, verdict.BestWithout);
        yield return ["trial", Cell(with, trial => TrialTable.Number(trial.Number)), Cell(without, trial => TrialTable.Number(trial.Number))];
        for (int i = 0; i < result.Objectives.Count; i++)
        {
            int column = i;
            yield return [result.Objectives[i].Name, Cell(with, trial => TrialTable.Number(trial.Values[column])), Cell(without, trial => TrialTable.Number(trial.Values[column]))];
        }

        foreach (SearchParameter parameter in result.Space.Parameters)
        {
            yield return [parameter.Name, Cell(with, trial => TrialTable.Value(trial, parameter)), Cell(without, trial => TrialTable.Value(trial, parameter))];
        }
    }

    private static string Cell(Trial? trial, Func<Trial, string> text) => trial is null ? "none" : text(trial);

    private static LineChart History(SearchResult result, Trial[] completed)
    {
        StudyObjective objective = result.Objectives[0];
        double[] best = [.. completed.Select((_, i) => objective.Maximize ? completed.Take(i + 1).Max(trial => trial.Values[0]) : completed.Take(i + 1).Min(trial => trial.Values[0]))];
        double[] numbers = [.. completed.Select(trial => (double)trial.Number)];
        return new LineChart
        {
            Title = $"{objective.Name} from trial to trial",
            Description = string.Create(CultureInfo.InvariantCulture, $"{objective.Name} of each completed trial, with and without dispersion, and the best so far, {best[^1]:0.####} in the end."),
            XLabel = "trial",
            YLabel = objective.Name,
            X = ChartAxis.Covering(numbers[0], numbers[^1], whole: true),
            Y = Ticks(completed.Select(trial => trial.Values[0])),
            Lines = [.. Points(completed, trial => trial.Number, trial => trial.Values[0]), new ChartLine { Name = "best so far", Xs = numbers, Ys = best, HasMarkers = false }],
        };
    }

    private static LineChart Front(SearchResult result, Trial[] completed)
    {
        IReadOnlyList<Trial> front = [.. result.ParetoFront.OrderBy(trial => trial.Values[0])];
        return new LineChart
        {
            Title = $"{result.Objectives[1].Name} against {result.Objectives[0].Name}",
            Description = $"Both metrics of each completed trial. No trial beats those on the line in both: {string.Join(", ", front.Select(trial => $"trial {trial.Number}"))}.",
            XLabel = Direction(result.Objectives[0]),
            YLabel = Direction(result.Objectives[1]),
            X = Ticks(completed.Select(trial => trial.Values[0])),
            Y = Ticks(completed.Select(trial => trial.Values[1])),
            Lines =
            [
                .. Points(completed, trial => trial.Values[0], trial => trial.Values[1]),
                new ChartLine { Name = "no trial is better in both", Xs = [.. front.Select(trial => trial.Values[0])], Ys = [.. front.Select(trial => trial.Values[1])], HasMarkers = false },
            ],
        };
    }

    /// <summary>The first metric over a parameter; null where fewer than two values were tried.</summary>
    private static LineChart? Slice(SearchResult result, Trial[] completed, SearchParameter parameter)
    {
        Trial[] active = [.. completed.Where(trial => trial.Parameters!.Has(parameter.Name))];
        if (active.Select(trial => trial.Parameters![parameter.Name]).Distinct().Count() < 2)
        {
            return null;
        }

        bool logarithmic = parameter is LogUniformParameter or IntegerParameter { IsLogarithmic: true };
        return new LineChart
        {
            Title = $"{result.Objectives[0].Name} by {parameter.Name}",
            Description = $"{result.Objectives[0].Name} of each completed trial over its {parameter.Name}{(active.Length < completed.Length ? "; trials without one are left out" : "")}.",
            XLabel = logarithmic ? $"{parameter.Name} (logarithmic)" : parameter.Name,
            YLabel = result.Objectives[0].Name,
            X = parameter switch
            {
                ChoiceParameter choice => ChartAxis.At([.. choice.Values.Select((_, i) => (double)i)], [.. choice.Values.Select(value => Convert.ToString(value, CultureInfo.InvariantCulture)!)]),
                _ when logarithmic => LogTicks([.. active.Select(trial => Place(trial, parameter))]),
                IntegerParameter range => ChartAxis.Covering(range.Low, range.High, whole: true),
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
    private static ChartAxis LogTicks(double[] logarithms)
    {
        double low = logarithms.Min(), high = logarithms.Max();
        if (high - low >= 1.5)
        {
            return ChartAxis.Decades(low, high);
        }

        double[] places = [.. Enumerable.Range(0, 4).Select(i => low + (i * (high - low) / 3))];
        return ChartAxis.At(places, [.. places.Select(place => Math.Pow(10, place).ToString("G2", CultureInfo.InvariantCulture))]);
    }

    /// <summary>Unconnected points: trials with dispersion and those without.</summary>
    private static IEnumerable<ChartLine> Points(IEnumerable<Trial> trials, Func<Trial, double> x, Func<Trial, double> y) => trials
        .GroupBy(TrialKinds.HasDispersion).OrderByDescending(group => group.Key)
        .Select(group => Scattered(group.Key switch { true => "with dispersion", false => "without", null => "trials" }, [.. group.OrderBy(x)], x, y));

    /// <summary>A gap behind each point, so that no line joins them.</summary>
    private static ChartLine Scattered(string name, Trial[] trials, Func<Trial, double> x, Func<Trial, double> y) => new()
    {
        Name = name,
        Xs = [.. trials.SelectMany(trial => new[] { x(trial), x(trial) })],
        Ys = [.. trials.SelectMany(trial => new[] { y(trial), double.NaN })],
    };

    private static ChartAxis Ticks(IEnumerable<double> values)
    {
        double[] all = [.. values];
        return ChartAxis.Covering(all.Min(), all.Max());
    }

    private static string Direction(StudyObjective objective) => $"{objective.Name} ({(objective.Maximize ? "larger" : "smaller")} is better)";
}
