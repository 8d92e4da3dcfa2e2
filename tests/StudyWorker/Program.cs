using System.Diagnostics;
using System.Globalization;

// One worker of a study, to be killed or cut off: place (a file, or a connection string), study, trials, milliseconds of the lease, log, gate; and, over PostgreSQL, for how many seconds the server is asked (by default the library's).
// Each trial takes some tens of milliseconds, or until its number is below that in the gate file, and writes a line when it begins and one when it ends or is stopped.
var space = SearchSpace.Empty.Uniform("x", -1, 1).Uniform("y", -1, 1);
var definition = new StudyDefinition { Name = args[1], Objectives = [new StudyObjective { Name = "value", Maximize = false }], Seed = 1, Space = space };
TimeSpan? patience = args.Length > 6 ? TimeSpan.FromSeconds(double.Parse(args[6], CultureInfo.InvariantCulture)) : null;
using var log = new StreamWriter(new FileStream(args[4], FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };
try
{
    await using IStudyStorage storage = args[0].Contains('=', StringComparison.Ordinal) ? await PostgreSqlStudyStorage.OpenAsync(args[0], definition, patience) : await SqliteStudyStorage.OpenAsync(args[0], definition);
    await new StudyRunner(storage, new RandomSampler()).RunAsync(
        TrialAsync,
        new StudyRunOptions
        {
            MaxTrials = int.Parse(args[2], CultureInfo.InvariantCulture),
            Lease = TimeSpan.FromMilliseconds(int.Parse(args[3], CultureInfo.InvariantCulture)),
            Waiting = said => Console.Error.WriteLine($"waits: {said}"),
        });
    return 0;
}
catch (StudyStorageException e)
{
    Console.Error.WriteLine($"error: {e.Message}");
    return 5;
}

async Task<TrialOutcome> TrialAsync(TrialContext context)
{
    Write("begin", context.Number);
    try
    {
        await Task.Delay(20 + (context.Number * 7 % 40), context.CancellationToken);
        while (context.Number >= int.Parse(File.ReadAllText(args[5]), CultureInfo.InvariantCulture))
        {
            await Task.Delay(20, context.CancellationToken);
        }
    }
    catch (OperationCanceledException)
    {
        Write("stop", context.Number);
        throw;
    }

    Write("end", context.Number);
    return TrialOutcome.Completed(Math.Pow(context.Parameters.GetDouble("x"), 2) + context.Parameters.GetDouble("y"));
}

void Write(string what, int number) => log.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what} {number} {Stopwatch.GetTimestamp()} {Environment.ProcessId}"));
