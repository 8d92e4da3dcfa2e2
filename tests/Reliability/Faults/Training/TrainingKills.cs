namespace MLNet.Dispersion.Reliability.Faults;

/// <summary>Ends trainings by SIGKILL at random moments, within their saves and between, and lets them go on.</summary>
internal static class TrainingKills
{
    private const int Killed = 137;

    /// <summary>Kills so many times; 1 where a step was lost that had been reported, a result differs, or anything was left.</summary>
    internal static int Run(int count)
    {
        string expected = Trainings.Undisturbed();
        var random = new Random(1);
        int kills = 0, within = 0, runs = 0, other = 0, lost = 0, left = 0, failed = 0;
        while (kills < count)
        {
            using var folder = new TemporaryFolder();
            while (true)
            {
                int steps = kills < count ? random.Next(4) : int.MaxValue;
                bool inSave = random.Next(2) == 0;
                var (end, reported) = Trainings.RunUntilKilled(folder.Path, steps, TimeSpan.FromMilliseconds(random.NextDouble() * (inSave ? 10 : steps == 0 ? 2500 : 40)), inSave ? () => IsLeft(folder.Path) : null);
                if (end.Code != Killed)
                {
                    runs++;
                    failed += end.Code == 0 ? 0 : 1;
                    other += Trainings.Result(end) == expected ? 0 : 1;
                    left += IsLeft(folder.Path) ? 1 : 0;
                    break;
                }

                kills++;
                within += IsLeft(folder.Path) ? 1 : 0;

                // What was reported was saved before, but for the last step, which is saved with the result.
                lost += TrainingCheckpoint.Latest(folder.Path) is { } latest ? (latest.Finished || latest.Step >= Math.Min(reported, latest.TotalSteps - 1) ? 0 : 1) : Math.Sign(reported);
            }
        }

        Console.WriteLine("| kills of a training | while a save was under way | trainings gone on with to the end | ended with an error | weights or losses other than undisturbed | steps lost that were reported | left behind at the end |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        Console.WriteLine($"| {kills} | {within} | {runs} | {failed} | {other} | {lost} | {left} |");
        return failed + other + lost + left == 0 ? 0 : 1;
    }

    private static bool IsLeft(string checkpoints) => Directory.EnumerateFileSystemEntries(checkpoints).Any(entry => Path.GetFileName(entry).StartsWith('.'));
}
