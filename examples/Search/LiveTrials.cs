using System.Globalization;
using Spectre.Console;

namespace MLNet.Dispersion.Examples.Search;

/// <summary>A table of trials that grows while the search runs.</summary>
internal static class LiveTrials
{
    /// <summary>Runs a search under a live table; where output is not a terminal, each trial is a line.</summary>
    public static SearchResult Show(SearchSpace space, Func<IProgress<StudyProgress>, SearchResult> search)
    {
        if (!AnsiConsole.Profile.Capabilities.Interactive)
        {
            return search(new Listener(progress =>
            {
                if (progress.Trial.IsFinished)
                {
                    Console.WriteLine(string.Join("  ", Cells(progress.Trial, progress.Best, space)) + "  " + Standing(progress));
                }
            }));
        }

        Table table = new Table().AddColumns(["trial", .. space.Parameters.Select(parameter => parameter.Name), "state", "accuracy", "condensation"]);
        SearchResult? result = null;
        AnsiConsole.Live(table).Start(live =>
        {
            var trials = new SortedDictionary<int, Trial>();
            result = search(new Listener(progress =>
            {
                trials[progress.Trial.Number] = progress.Trial;
                table.Rows.Clear();
                foreach (Trial trial in trials.Values)
                {
                    table.AddRow(Cells(trial, progress.Best, space).Select(cell => Markup.Escape(cell)).ToArray());
                }

                table.Caption(Standing(progress));
                live.Refresh();
            }));
        });
        return result!;
    }

    /// <summary>What matters, as bars.</summary>
    public static BarChart Importance(SearchResult result)
    {
        var chart = new BarChart().Label("How much of the differences each option explains (%)").Width(70);
        foreach (ParameterImportance importance in result.Importance)
        {
            chart.AddItem(importance.IsAboveChance ? importance.Parameter : $"{importance.Parameter} (not above chance)", Math.Round(100 * importance.Share), importance.IsAboveChance ? Color.Blue : Color.Grey);
        }

        return chart;
    }

    private static string[] Cells(Trial trial, Trial? best, SearchSpace space) =>
    [
        $"{trial.Number}{(trial.Number == best?.Number ? " best" : "")}",
        .. space.Parameters.Select(parameter => trial.Parameters!.TryGetValue(parameter.Name, out object? value) ? Word(value) : "-"),
        trial.Kind == Trial.SampledKind ? $"{trial.State}" : $"{trial.State} ({trial.Kind})",
        trial.Values is [var accuracy, ..] ? accuracy.ToString("0.000", CultureInfo.InvariantCulture) : "",
        trial.Values is [_, var condensation] ? condensation.ToString("0.000", CultureInfo.InvariantCulture) : "",
    ];

    private static string Word(object value) => value is double number ? number.ToString("G2", CultureInfo.InvariantCulture) : Convert.ToString(value, CultureInfo.InvariantCulture)!;

    private static string Standing(StudyProgress progress) =>
        string.Create(CultureInfo.InvariantCulture, $"{progress.Finished} of {progress.MaxTrials} trials, {progress.Elapsed:mm\\:ss} elapsed{(progress.Remaining is { } left ? $", about {left:mm\\:ss} left" : "")}");

    private sealed class Listener(Action<StudyProgress> listen) : IProgress<StudyProgress>
    {
        private readonly Lock _gate = new();

        public void Report(StudyProgress value)
        {
            lock (_gate)
            {
                listen(value);
            }
        }
    }
}
