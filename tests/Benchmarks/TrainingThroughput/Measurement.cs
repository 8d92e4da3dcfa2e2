using System.Text.Json;
using System.Text.Json.Serialization;

namespace MLNet.Dispersion.Benchmarks.TrainingThroughput;

/// <summary>What one shape by one route reaches; printed as one line of JSON.</summary>
/// <param name="Shape">Its name.</param>
/// <param name="Route">Who made the steps.</param>
/// <param name="Batch">Sequences of a step.</param>
/// <param name="Length">Tokens of a sequence.</param>
/// <param name="StepMilliseconds">Median of a whole step, dispersion included (stock: without, it has none).</param>
/// <param name="TokensPerSecond">From it.</param>
/// <param name="TimesStock">Tokens a second over those of stock float32, without dispersion on either side; null where that was not measured.</param>
/// <param name="ModelGigaflops">Rate of the model's own matrix arithmetic, without dispersion.</param>
/// <param name="PeakGigaflops">Rate of a 2048 x 2048 product of this type, in this run.</param>
/// <param name="FractionOfPeak">The quotient of the two, the median over the rounds.</param>
/// <param name="DispersionShare">How much longer a step takes with dispersion than the one before it without, the median over all such pairs; null for stock.</param>
/// <param name="TimesFull">Of an adapter alone: a step over one of all weights in the same precision, without dispersion on either side; null where that was not measured.</param>
/// <param name="PeakMegabytes">The largest resident set of the process.</param>
internal sealed record Measurement(
    string Shape,
    Route Route,
    int Batch,
    int Length,
    double StepMilliseconds,
    double TokensPerSecond,
    double? TimesStock,
    double ModelGigaflops,
    double PeakGigaflops,
    double FractionOfPeak,
    double? DispersionShare,
    double? TimesFull,
    long PeakMegabytes)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    /// <summary>Measures all routes in turn, each round in new processes, so that a slow moment of the machine falls on all.</summary>
    public static IEnumerable<Measurement> Of(Shape shape, IReadOnlyList<Route> routes, int steps, int rounds)
    {
        var samples = routes.ToDictionary(route => route, _ => new List<Sample>());
        for (int round = 0; round < rounds; round++)
        {
            foreach (Route route in routes)
            {
                samples[route].Add(Sample.InItsOwnProcess(shape, route, steps));
            }
        }

        double operations = shape.FloatingPointOperations();
        double? stock = samples.TryGetValue(Route.Stock, out var plain) ? Median(plain.SelectMany(sample => sample.PlainSeconds)) : null;
        return routes.Select(route => From(shape, route, samples[route], operations, stock, Full(route)));

        double? Full(Route route) => route.IsLora() && samples.TryGetValue(route == Route.LoraFloat32 ? Route.Float32 : Route.BFloat16Mixed, out var full) ? Median(full.SelectMany(sample => sample.PlainSeconds)) : null;
    }

    /// <inheritdoc/>
    public override string ToString() => JsonSerializer.Serialize(this, Json);

    private static Measurement From(Shape shape, Route route, List<Sample> samples, double operations, double? stock, double? full)
    {
        double plain = Median(samples.SelectMany(sample => sample.PlainSeconds));
        double? dispersed = route == Route.Stock ? null : Median(samples.SelectMany(sample => sample.DispersedSeconds));
        double step = dispersed ?? plain;
        return new Measurement(
            shape.Name,
            route,
            shape.Batch,
            shape.Length,
            Math.Round(step * 1000, 1),
            Math.Round(shape.Tokens / step),
            stock is null ? null : Math.Round(stock.Value / plain, 2),
            Math.Round(operations / plain / 1e9, 1),
            Math.Round(Median(samples.Select(sample => sample.PeakRate)) / 1e9, 1),
            Math.Round(Median(samples.Select(sample => operations / Median(sample.PlainSeconds) / sample.PeakRate)), 3),
            dispersed is null ? null : Math.Round(Median(samples.SelectMany(sample => sample.DispersedSeconds.Zip(sample.PlainSeconds, (with, without) => (with / without) - 1))), 4),
            full is null ? null : Math.Round(plain / full.Value, 3),
            samples.Max(sample => sample.PeakBytes) >> 20);
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[sorted.Length / 2] + sorted[(sorted.Length - 1) / 2]) / 2;
    }
}
