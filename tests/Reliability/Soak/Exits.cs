using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using MLNet.Dispersion.Tests;

namespace MLNet.Dispersion.Reliability.Soak;

/// <summary>Processes that exit while their threads score and write: no native code may abort.</summary>
internal static class Exits
{
    private const string Returned = "return", Exited = "exit", Terminated = "terminate", Ready = "ready";
    private const int ExitedBySignal = 143;

    /// <summary>Lets so many exit in each way; 1 where one ended otherwise than it should.</summary>
    internal static int Run(int count)
    {
        using var work = new Work();
        var random = new Random(1);
        Console.WriteLine("| exit while threads score | processes | ended as they should | ended otherwise |");
        Console.WriteLine("|---|---|---|---|");
        int bad = 0;
        foreach (var (how, name, code) in new[] { (Returned, "Main returns", 0), (Exited, "Environment.Exit", 0), (Terminated, "SIGTERM", ExitedBySignal) })
        {
            int[] codes = [.. Enumerable.Range(0, count).Select(_ => Exit(work.Zip, how, random.Next(400)))];
            int[] others = [.. codes.Where(found => found != code)];
            Console.WriteLine($"| {name} | {count} | {count - others.Length} | {(others.Length == 0 ? "0" : $"{others.Length} (codes {string.Join(", ", others.Distinct())})")} |");
            bad += others.Length;
        }

        return bad == 0 ? 0 : 1;
    }

    /// <summary>Scores and writes on many threads, and exits after a moment.</summary>
    internal static int ScoreUntilExit(string zip, string how, TimeSpan moment, int threads)
    {
        var ml = new MLContext(seed: 1);
        ITransformer model = ml.Model.Load(zip, out _);
        PretrainedLanguageModel writer = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        string[] texts = TinyBackbone.LabelledTexts(20).Texts;
        using var started = new CountdownEvent(threads);
        for (int i = 0; i < threads; i++)
        {
            int number = i;
            new Thread(() =>
            {
                var engine = ml.Model.CreatePredictionEngine<Ticket, Answer>(model, new PredictionEngineOptions { OwnsTransformer = false });
                for (int piece = 0; ; piece++)
                {
                    if (number % 4 == 0)
                    {
                        writer.Generate([texts[piece % texts.Length]], new TextGenerationOptions { MaxNewTokens = 8 });
                    }
                    else
                    {
                        engine.Predict(new Ticket { Text = texts[piece % texts.Length] });
                    }

                    if (piece == 0)
                    {
                        started.Signal();
                    }
                }
            })
            { IsBackground = true }.Start();
        }

        started.Wait();
        Console.WriteLine(Ready);
        Thread.Sleep(how == Terminated ? Timeout.InfiniteTimeSpan : moment);
        if (how == Exited)
        {
            Environment.Exit(0);
        }

        return 0;
    }

    private static int Exit(string zip, string how, int milliseconds)
    {
        using Process process = Process.Start(new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [Path.Combine(AppContext.BaseDirectory, "Soak.dll"), "exit-while-scoring", zip, how, milliseconds.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardOutput = true })!;
        string? said = process.StandardOutput.ReadLine();
        if (how == Terminated && said == Ready)
        {
            Thread.Sleep(milliseconds);
            using Process kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
            kill.WaitForExit();
        }

        process.WaitForExit();
        return process.ExitCode;
    }
}
