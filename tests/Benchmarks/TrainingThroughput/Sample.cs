using System.Diagnostics;
using System.Text.Json;

namespace MLNet.Dispersion.Benchmarks.TrainingThroughput;

/// <summary>What one process measured: it has its memory and its allocator for itself.</summary>
/// <param name="PlainSeconds">Steps without dispersion.</param>
/// <param name="DispersedSeconds">Steps with it, in turn with the others; empty for stock TorchSharp.</param>
/// <param name="PeakRate">Operations a second of a 2048 x 2048 product of the same type.</param>
/// <param name="PeakBytes">The process's largest resident set.</param>
internal sealed record Sample(double[] PlainSeconds, double[] DispersedSeconds, double PeakRate, long PeakBytes)
{
    private const int WarmUpSteps = 100;

    /// <summary>Measures in this process.</summary>
    public static Sample Here(Shape shape, Route route, int steps)
    {
        StepSeconds(shape.WarmUp, route, WarmUpSteps);
        double before = MatrixPeak.Measure(route.ProductType());
        var (plain, dispersed) = StepSeconds(shape, route, steps);
        double after = MatrixPeak.Measure(route.ProductType());
        return new Sample(plain, dispersed, Math.Max(before, after), Process.GetCurrentProcess().PeakWorkingSet64);
    }

    /// <summary>Measures in a process of its own.</summary>
    public static Sample InItsOwnProcess(Shape shape, Route route, int steps)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(typeof(Sample).Assembly.Location);
        }

        foreach (string argument in new[] { "sample", "--shape", shape.Name, "--route", route.ToString(), "--steps", $"{steps}" })
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"No process could be started from {start.FileName}.");
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? JsonSerializer.Deserialize<Sample>(output.Trim().Split('\n')[^1])!
            : throw new InvalidOperationException($"The measurement of {shape.Name} by {route} ended with {process.ExitCode}: {output}");
    }

    private static (double[] Plain, double[] Dispersed) StepSeconds(Shape shape, Route route, int steps) =>
        route == Route.Stock ? (StockGpt2.Measure(shape, steps), []) : StepTimes.Measure(shape, route, steps);
}
