using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using MLNet.Dispersion.Tests;

namespace MLNet.Dispersion.Reliability.Soak;

/// <summary>Processes that exit while their threads score, write, train, measure and load: no native code may abort, and none may hold the exit up.</summary>
internal static class Exits
{
    private const string Returned = "return", Exited = "exit", Terminated = "terminate", Within = "within", Waited = "wait", Ready = "ready";
    private const int ExitedBySignal = 143, Hung = -1;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
    private static readonly int[][] Blocks = [.. Enumerable.Range(0, 8).Select(row => Enumerable.Range(0, 16).Select(column => row + column).ToArray())];

    /// <summary>Lets so many exit in each way; 1 where one ended otherwise than it should.</summary>
    internal static int Run(int count)
    {
        using var work = new Work();
        var random = new Random(1);
        Console.WriteLine("| exit while threads compute | processes | ended as they should | ended otherwise | seconds from the exit to the end, median | longest |");
        Console.WriteLine("|---|---|---|---|---|---|");
        int bad = 0;
        foreach (var (how, name, code) in new[]
        {
            (Returned, "Main returns", 0),
            (Exited, "Environment.Exit", 0),
            (Terminated, "SIGTERM", ExitedBySignal),
            (Within, "Environment.Exit by a thread that trains", 0),
            (Waited, "Environment.Exit, and a handler of ProcessExit waits for the threads", 0),
        })
        {
            (int Code, double Seconds)[] ends = [.. Enumerable.Range(0, count).Select(_ => Exit(work.Zip, how, random.Next(400)))];
            int[] others = [.. ends.Select(end => end.Code).Where(found => found != code)];
            double[] seconds = [.. ends.Select(end => end.Seconds).Order()];
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {count} | {count - others.Length} | {(others.Length == 0 ? "0" : $"{others.Length} (codes {string.Join(", ", others.Distinct())})")} | {seconds[count / 2]:0.0} | {seconds[^1]:0.0} |"));
            bad += others.Length;
        }

        return bad == 0 ? 0 : 1;
    }

    /// <summary>Computes on many threads, and exits after a moment.</summary>
    internal static int ComputeUntilExit(string zip, string how, TimeSpan moment, int threads)
    {
        var ml = new MLContext(seed: 1);
        ITransformer model = ml.Model.Load(zip, out _);
        PretrainedLanguageModel writer = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        string[] texts = TinyBackbone.LabelledTexts(20).Texts;
        using var started = new CountdownEvent(threads);
        using var exits = new ManualResetEventSlim();
        using var stop = new CancellationTokenSource();
        Thread[] all = [.. Enumerable.Range(0, threads).Select(number => new Thread(() =>
        {
            Action<int> piece = Piece(number, ml, zip, model, writer, texts, how == Within && number == 0 ? exits : null);
            for (int i = 0; !stop.IsCancellationRequested; i++)
            {
                piece(i);
                if (i == 0)
                {
                    started.Signal();
                }
            }
        })
        { IsBackground = true })];
        Array.ForEach(all, thread => thread.Start());
        started.Wait();
        if (how == Waited)
        {
            AppDomain.CurrentDomain.ProcessExit += (_, _) =>
            {
                stop.Cancel();
                Array.ForEach(all, thread => thread.Join());
            };
        }

        if (how == Terminated)
        {
            Console.WriteLine(Ready);
            Thread.Sleep(Timeout.Infinite);
        }

        Thread.Sleep(moment);
        if (how == Within)
        {
            exits.Set();
            Thread.Sleep(Timeout.Infinite);
        }

        Console.WriteLine(Ready);
        if (how is Exited or Waited)
        {
            Environment.Exit(0);
        }

        return 0;
    }

    /// <summary>What a thread does again and again.</summary>
    private static Action<int> Piece(int number, MLContext ml, string zip, ITransformer model, PretrainedLanguageModel writer, string[] texts, ManualResetEventSlim? exits)
    {
        switch (number % 8)
        {
            case 0:
                // The files of the backbone are deleted when the process ends.
                PretrainedLanguageModel trained = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
                var options = new FineTuneOptions
                {
                    Epochs = FineTuneOptions.NoEpochLimit,
                    MaxSteps = 3,
                    MicroBatchSize = 4,
                    Progress = new Told(() =>
                    {
                        if (exits is { IsSet: true })
                        {
                            Console.WriteLine(Ready);
                            Environment.Exit(0);
                        }
                    }),
                };
                return _ => LanguageModelTrainer.Train(trained, Blocks, options);
            case 1:
                return _ => ((IDisposable)ml.Model.Load(zip, out DataViewSchema _)).Dispose();
            case 2:
                return _ => CondensationReport.Measure(writer, texts.Take(4));
            case 3 or 4:
                return i => writer.Generate([texts[i % texts.Length]], new TextGenerationOptions { MaxNewTokens = 8 });
            default:
                var engine = ml.Model.CreatePredictionEngine<Ticket, Answer>(model, new PredictionEngineOptions { OwnsTransformer = false });
                return i => engine.Predict(new Ticket { Text = texts[i % texts.Length] });
        }
    }

    private static (int Code, double Seconds) Exit(string zip, string how, int milliseconds)
    {
        using Process process = Process.Start(new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [Path.Combine(AppContext.BaseDirectory, "Soak.dll"), "exit-while-computing", zip, how, milliseconds.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardOutput = true })!;
        string? said = process.StandardOutput.ReadLine();
        if (how == Terminated && said == Ready)
        {
            Thread.Sleep(milliseconds);
            using Process kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
            kill.WaitForExit();
        }

        var watch = Stopwatch.StartNew();
        if (!process.WaitForExit(Limit))
        {
            process.Kill();
            return (Hung, watch.Elapsed.TotalSeconds);
        }

        return (process.ExitCode, watch.Elapsed.TotalSeconds);
    }

    /// <summary>Does something after each step, on the thread that trains.</summary>
    private sealed class Told(Action then) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => then();
    }
}
