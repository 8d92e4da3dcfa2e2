using System.CommandLine;
using System.Globalization;

namespace MLNet.Dispersion.Benchmarks.VerdictSimulation;

/// <summary>How often each of the four words is said where the two ways are the same by construction, and where they are not.</summary>
internal static class NullCommand
{
    private const int Trials = 40;
    private const int ValidationRows = 123;
    private const int Blocks = 25;
    private static readonly int[] SeedCounts = [3, 5, 10];

    public static Command Make()
    {
        var repetitions = new Option<int>("--repetitions") { Description = "Studies simulated for each line.", DefaultValueFactory = _ => 4000 };
        var quick = new Option<bool>("--quick") { Description = "500 studies instead." };
        var command = new Command("null", "How often each of the four words is said without any effect, and with one: of a comparison fixed beforehand, and of a search of 40 trials with its confirmation.") { repetitions, quick };
        command.SetAction(arguments => Run(arguments.GetValue(quick) ? 500 : arguments.GetValue(repetitions)));
        return command;
    }

    private static int Run(int repetitions)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Words in % of {repetitions} studies: 5 % is known to {1.96 * Math.Sqrt(0.05 * 0.95 / repetitions) * 100:0.0}."));
        Console.WriteLine();
        Console.WriteLine("| what is compared | true effect | seeds | rows | better | worse | no difference that matters | cannot be told |");
        Console.WriteLine("|---|---:|---:|---:|---:|---:|---:|---:|");
        double most = 0;
        foreach (int seeds in SeedCounts)
        {
            foreach (int rows in (int[])[100, 500, 2000])
            {
                foreach (double effect in (double[])[0, 0.2, 0.5])
                {
                    World accuracy = World.Accuracy("accuracy", discordant: 0.1, effect, seedTilt: 0.17, persistent: 0.5);
                    Tell("accuracy, 10 % of rows differ", accuracy.Truth, seeds, rows, LeastEffect.Accuracy, dice => accuracy.Draw(dice, seeds, rows));
                }

                foreach (double effect in (double[])[0, 0.1])
                {
                    // Differences of a log-loss of 1 whose rows differ by a fifth of it.
                    World loss = World.Continuous("log-loss", seeds: 1, rows: 1, skew: 0.7, truth: effect / 0.2);
                    Tell("log-loss of 1, skewed", effect, seeds, rows, LeastEffect.OfLoss(1), dice => loss.Draw(dice, seeds, rows), scale: 0.2);
                }
            }
        }

        foreach (int seeds in SeedCounts)
        {
            foreach (int rows in (int[])[123, 500])
            {
                foreach (double effect in (double[])[0, 0.05])
                {
                    Tell("search of 40 trials, confirmed", effect, seeds, rows, LeastEffect.Accuracy, dice => Searched(dice, seeds, rows, effect));
                }
            }
        }

        int helped = Enumerable.Range(0, repetitions).Count(i => LooksBetter(new Dice(i)));
        Console.WriteLine();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Better or worse without any effect: {100 * most:0.0} % at the most. The best of 20 trials with the loss beats the best of 20 without in {100.0 * helped / repetitions:0.0} % of searches without any effect."));
        return most <= 0.05 ? 0 : 1;

        void Tell(string what, double effect, int seeds, int rows, double leastEffect, Func<Dice, PairedDifferences> draw, double scale = 1)
        {
            var words = new VerdictWord[repetitions];

            // The least effect is in the figure's unit, the world in that of its noise.
            Parallel.For(0, repetitions, i => words[i] = Verdict.Of(PairedInterval.SeedsByRows(draw(new Dice(unchecked((i * 7919) + (seeds * 31) + rows)))), leastEffect / scale).Word);
            double Share(VerdictWord word) => words.Count(one => one == word) / (double)repetitions;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {what} | {effect:0.###} | {seeds} | {rows} | {100 * Share(VerdictWord.Better):0.0} | {100 * Share(VerdictWord.Worse):0.0} | {100 * Share(VerdictWord.NoDifferenceThatMatters):0.0} | {100 * Share(VerdictWord.CannotBeTold):0.0} |"));
            most = effect == 0 ? Math.Max(most, Share(VerdictWord.Better) + Share(VerdictWord.Worse)) : most;
        }
    }

    /// <summary>
    /// A search: settings whose true accuracies differ are tried once each on few rows, half of them with the loss; the options of the best with it are trained anew, with and without, from new seeds, and measured on new
    /// rows, which are taken in blocks as the library takes them.
    /// </summary>
    private static PairedDifferences Searched(Dice dice, int seeds, int rows, double effect)
    {
        double best = Best(dice, effect).Setting;
        double[] difficulties = [.. Enumerable.Range(0, rows).Select(_ => dice.Uniform())];
        int size = rows / Math.Min(Blocks, rows / 2);
        return new([.. Enumerable.Range(0, seeds).Select(_ =>
        {
            double[] with = Answers(dice, best + effect, difficulties), without = Answers(dice, best, difficulties);
            return Enumerable.Range(0, rows / size).Select(block => Enumerable.Range(block * size, size).Average(row => with[row] - without[row])).ToArray();
        })]);
    }

    /// <summary>Whether the best trial with the loss beats the best without, where the loss does nothing.</summary>
    private static bool LooksBetter(Dice dice) => Best(dice, 0).Seen > Best(dice, 0).Seen;

    /// <summary>Of half the trials, the best by what is seen on the validation rows.</summary>
    private static (double Setting, double Seen) Best(Dice dice, double effect) => Enumerable.Range(0, Trials / 2)
        .Select(_ => 0.6 + (0.03 * dice.Normal()))
        .Select(setting => (setting, Enumerable.Range(0, ValidationRows).Average(_ => dice.Uniform() < setting + effect ? 1.0 : 0)))
        .MaxBy(trial => trial.Item2);

    /// <summary>Right and wrong answers of one training: as much by how hard a row is as by chance, and no two trainings equally good.</summary>
    private static double[] Answers(Dice dice, double accuracy, double[] difficulties)
    {
        double own = accuracy + (0.01 * dice.Normal());
        return [.. difficulties.Select(difficulty => (dice.Uniform() < 0.7 ? difficulty : dice.Uniform()) < own ? 1.0 : 0)];
    }
}
