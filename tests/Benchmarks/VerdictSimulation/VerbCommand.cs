using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace MLNet.Dispersion.Benchmarks.VerdictSimulation;

/// <summary>How often the verb, and a search's confirmation, say each word of real scores: of trainings that differ by their seeds alone, and of the same with an effect put in.</summary>
internal static class VerbCommand
{
    private const int Trials = 40;
    private static readonly int[] SeedCounts = [3, 5, 10];

    public static Command Make()
    {
        var repetitions = new Option<int>("--repetitions") { Description = "Comparisons resampled for each line.", DefaultValueFactory = _ => 2000 };
        var trainings = new Option<int>("--trainings") { Description = "Trainings that are drawn from, at least 20.", DefaultValueFactory = _ => 24 };
        var scores = new Option<string>("--scores") { Description = "Where the trainings' scores are kept; those that are there are not trained again.", DefaultValueFactory = _ => "verb-scores.jsonl" };
        var alone = new Option<bool>("--no-effect") { Description = "Only the lines without an effect." };
        var seeds = new Option<int[]>("--seeds") { Description = "Only the lines of so many seeds. Default: 3, 5 and 10.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => SeedCounts };
        var command = new Command("verb", "How often ml.Dispersion().Compare and the search's confirmation say each word of real scores, resampled: without an effect by construction, and with one put in.") { repetitions, trainings, scores, alone, seeds };
        command.SetAction(arguments => Run(
            arguments.GetValue(repetitions), Math.Max(2 * SeedCounts[^1], arguments.GetValue(trainings)), arguments.GetValue(scores)!, arguments.GetValue(seeds)!, arguments.GetValue(alone) ? [0] : [0, 0.05, 0.1]));
        return command;
    }

    private static int Run(int repetitions, int trainings, string file, IReadOnlyList<int> seedCounts, IReadOnlyList<double> effects)
    {
        Comparison comparison = RealScores.Comparison();
        IReadOnlyList<ComparedRun> runs = RealScores.Of(comparison, file, trainings);
        double[] accuracies = [.. runs.Select(run => run.Metrics[comparison.Plan.Metric].Mean)];
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{trainings} plain trainings on {comparison.Plan.Rows} test rows, accuracy {accuracies.Average():0.000}, of single trainings {accuracies.Min():0.000} to {accuracies.Max():0.000}. Words in % of {repetitions} resampled comparisons: 5 % is known to {1.96 * Math.Sqrt(0.05 * 0.95 / repetitions) * 100:0.0}."));
        Console.WriteLine();
        Console.WriteLine("| what is compared | true effect | seeds | rows | better | worse | no difference that matters | cannot be told | beside it: any better or worse |");
        Console.WriteLine("|---|---:|---:|---:|---:|---:|---:|---:|---:|");
        double most = 0;
        foreach (int seeds in seedCounts)
        {
            foreach (int rows in (int[])[123, 500])
            {
                foreach (double effect in effects)
                {
                    Tell("ml.Dispersion().Compare", effect, seeds, rows, dice =>
                    {
                        ComparisonResult result = Compared(comparison, runs, dice, seeds, rows, effect);
                        return (result.Verdict.Word, result.Figures.Skip(1).Any(figure => figure.Verdict.Word is VerdictWord.Better or VerdictWord.Worse));
                    });
                }
            }
        }

        foreach (int seeds in seedCounts)
        {
            foreach (double effect in effects)
            {
                Tell($"search of {Trials} trials, confirmed", effect, seeds, 123, dice => (Confirmed(comparison, runs, dice, seeds, 123, effect), false));
            }
        }

        Console.WriteLine();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Better or worse without any effect: {100 * most:0.0} % at the most."));

        // Nine lines are without an effect: the greatest of them may lie above 5 % by chance, by so much in one of twenty simulations.
        const double GreatestOfNine = 2.53;
        return most <= 0.05 + (GreatestOfNine * Math.Sqrt(0.05 * 0.95 / repetitions)) ? 0 : 1;

        void Tell(string what, double effect, int seeds, int rows, Func<Dice, (VerdictWord Word, bool Beside)> study)
        {
            var said = new (VerdictWord Word, bool Beside)[repetitions];
            Parallel.For(0, repetitions, i => said[i] = study(new Dice(unchecked((i * 7919) + (seeds * 31) + rows))));
            double Share(VerdictWord word) => said.Count(one => one.Word == word) / (double)repetitions;
            string beside = what.StartsWith("search", StringComparison.Ordinal) ? "" : string.Create(CultureInfo.InvariantCulture, $"{100.0 * said.Count(one => one.Beside) / repetitions:0.0}");
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {what} | {effect:0.###} | {seeds} | {rows} | {100 * Share(VerdictWord.Better):0.0} | {100 * Share(VerdictWord.Worse):0.0} | {100 * Share(VerdictWord.NoDifferenceThatMatters):0.0} | {100 * Share(VerdictWord.CannotBeTold):0.0} | {beside} |"));
            most = effect == 0 ? Math.Max(most, Share(VerdictWord.Better) + Share(VerdictWord.Worse)) : most;
        }
    }

    /// <summary>One comparison: which trainings are which arm's is drawn, and so are the rows. The library judges.</summary>
    private static ComparisonResult Compared(Comparison comparison, IReadOnlyList<ComparedRun> runs, Dice dice, int seeds, int rows, double effect)
    {
        (ComparedRun[] with, ComparedRun[] plain) = Arms(runs, dice, seeds);
        int[] drawn = Drawn(dice, runs[0].Metrics[comparison.Plan.Metric].Values.Count, rows), texts = Drawn(dice, runs[0].Cosines.Count, runs[0].Cosines.Count);
        return new ComparedRuns(comparison.Plan with { Seeds = seeds, Rows = rows }, comparison.Metrics, [.. with.Select(run => Resampled(run, effect))], [.. plain.Select(run => Resampled(run, 0))], groups: null).ToResult();

        ComparedRun Resampled(ComparedRun run, double gain) => run with
        {
            Metrics = run.Metrics.ToDictionary(metric => metric.Key, metric => Rows(metric.Key == comparison.Plan.Metric ? Gaining(metric.Value.Values, gain, dice) : metric.Value.Values, drawn)),
            Cosines = [.. texts.Select(text => run.Cosines[text])],
        };
    }

    /// <summary>A search: each trial is a training seen on rows drawn from one half; the best with the loss is confirmed by new trainings on rows drawn from the other. The library judges.</summary>
    private static VerdictWord Confirmed(Comparison comparison, IReadOnlyList<ComparedRun> runs, Dice dice, int seeds, int rows, double effect)
    {
        string metric = comparison.Plan.Metric;
        int half = runs[0].Metrics[metric].Values.Count / 2;
        int best = Enumerable.Range(0, Trials / 2).MaxBy(_ => Rows(Gaining(runs[dice.Below(runs.Count)].Metrics[metric].Values, effect, dice), Drawn(dice, half, half)).Mean);
        (ComparedRun[] with, ComparedRun[] plain) = Arms(runs, dice, seeds);
        int[] drawn = [.. Drawn(dice, runs[0].Metrics[metric].Values.Count - half, rows).Select(row => half + row)];
        IEnumerable<Trial> trials = Enumerable.Range(0, seeds).SelectMany(pair => new[] { Trial(pair, true, with[pair], effect), Trial(pair, false, plain[pair], 0) });
        var objective = new StudyObjective { Name = metric, Maximize = true };
        return SearchConfirmation.Of(trials, objective, comparison.Metrics[0].LeastEffectOf, rows, isExploratory: false)!.Verdict.Word;

        Trial Trial(int pair, bool isWith, ComparedRun run, double gain)
        {
            double[] values = [.. Rows(Gaining(run.Metrics[metric].Values, gain, dice), drawn).Values];
            int size = RowBlocks.SizeOf(rows);
            double[] blocks = [.. Enumerable.Range(0, rows / size).Select(block => values.Skip(block * size).Take(size).Average())];
            return new Trial
            {
                Number = 0,
                State = TrialState.Completed,
                Kind = TrialKinds.Confirmation(best, pair, isWith),
                Values = [values.Average()],
                Notes = new Dictionary<string, string> { [TrialKinds.BlocksNote] = JsonSerializer.Serialize(blocks) },
            };
        }
    }

    /// <summary>So many trainings for each arm, no training twice.</summary>
    private static (ComparedRun[] With, ComparedRun[] Plain) Arms(IReadOnlyList<ComparedRun> runs, Dice dice, int seeds)
    {
        ComparedRun[] shuffled = [.. runs.OrderBy(_ => dice.Uniform())];
        return (shuffled[..seeds], shuffled[seeds..(2 * seeds)]);
    }

    private static int[] Drawn(Dice dice, int count, int rows) => [.. Enumerable.Range(0, rows).Select(_ => dice.Below(count))];

    private static RowFigures Rows(IReadOnlyList<double> values, int[] drawn) => new([.. drawn.Select(row => values[row])]);

    /// <summary>Turns so many wrong answers into right ones that the accuracy rises by the effect.</summary>
    private static IReadOnlyList<double> Gaining(IReadOnlyList<double> answers, double effect, Dice dice)
    {
        if (effect == 0)
        {
            return answers;
        }

        double share = effect / Math.Max(effect, answers.Count(answer => answer == 0) / (double)answers.Count);
        return [.. answers.Select(answer => answer == 0 && dice.Uniform() < share ? 1 : answer)];
    }
}
