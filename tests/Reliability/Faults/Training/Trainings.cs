using System.Diagnostics;
using System.Globalization;

namespace MLNet.Dispersion.Reliability.Faults;

/// <summary>The training that faults befall: the same every time, with a checkpoint after every step (tests/CheckpointedTraining).</summary>
internal static class Trainings
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    /// <summary>How to start it.</summary>
    /// <param name="checkpoints">The folder of its checkpoints.</param>
    /// <param name="before">What it is started by.</param>
    internal static ProcessStartInfo Of(string checkpoints, params string[] before) => Child.Of("CheckpointedTraining", before, TinyBackbone.WholeDirectory, checkpoints);

    /// <summary>Runs it, or what is left of it, to its end.</summary>
    internal static ChildEnd Run(ProcessStartInfo start) => Child.Run(start, Limit);

    /// <summary>What a run came to: its losses and the hash of its weights; null where it did not end well.</summary>
    internal static string? Result(ChildEnd end) => end.Code == 0 ? string.Join('\n', end.Lines[^2..]) : null;

    /// <summary>What an undisturbed run comes to.</summary>
    internal static string Undisturbed()
    {
        using var folder = new TemporaryFolder();
        ChildEnd end = Run(Of(folder.Path));
        return Result(end) ?? throw new InvalidOperationException($"The training ended with {end.Code}: {end.Errors}");
    }

    /// <summary>Runs it until it ends, or until it has reported some steps and a moment has gone by, when it is killed.</summary>
    /// <param name="checkpoints">The folder of its checkpoints.</param>
    /// <param name="steps">How many steps; 0 for a moment after its start.</param>
    /// <param name="moment">The moment.</param>
    /// <param name="begun">What must have begun before the moment begins, which is looked at again and again; null for nothing.</param>
    /// <param name="clock">The clock that it goes by; null for the machine's.</param>
    /// <returns>How it ended, 137 where it was killed, and the last step that it reported.</returns>
    internal static (ChildEnd End, int Reported) RunUntilKilled(string checkpoints, int steps, TimeSpan moment, Func<bool>? begun = null, FakeClock? clock = null)
    {
        ProcessStartInfo start = Of(checkpoints);
        clock?.Apply(start);
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        var lines = new List<string>();
        int seen = 0, last = 0;
        if (steps == 0)
        {
            Kill(process, moment, begun);
        }

        while (process.StandardOutput.ReadLine() is { } line)
        {
            lines.Add(line);
            if (line.StartsWith("step ", StringComparison.Ordinal))
            {
                last = int.Parse(line.AsSpan(5), CultureInfo.InvariantCulture);
                if (++seen == steps)
                {
                    Kill(process, moment, begun);
                }
            }
        }

        process.WaitForExit();
        return (new ChildEnd(process.ExitCode, string.Join('\n', lines), errors.Result), last);
    }

    private static void Kill(Process process, TimeSpan moment, Func<bool>? begun)
    {
        while (begun is not null && !begun() && !process.HasExited)
        {
            Thread.Sleep(0);
        }

        Thread.Sleep(moment);
        process.Kill();
    }
}
