using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using MLNet.Dispersion.Tokenization;
using MLNet.Dispersion.Training;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Benchmarks.TrainingThroughput;

/// <summary>What one shape in one precision reaches; printed as one line of JSON.</summary>
/// <param name="Shape">Its name.</param>
/// <param name="Precision">Of the matrix products.</param>
/// <param name="Batch">Sequences of a step.</param>
/// <param name="Length">Tokens of a sequence.</param>
/// <param name="Parameters">Weights.</param>
/// <param name="Threads">Threads of the processor.</param>
/// <param name="StepMilliseconds">Median of a whole step, dispersion included.</param>
/// <param name="TokensPerSecond">From it.</param>
/// <param name="ModelGigaflops">Rate of the model's own matrix arithmetic.</param>
/// <param name="PeakGigaflops">Rate of a 2048 x 2048 product of this type, in this run.</param>
/// <param name="FractionOfPeak">The quotient of the two.</param>
/// <param name="DispersionShare">How much longer a step takes with dispersion than without.</param>
/// <param name="PeakMegabytes">The process's largest resident set so far: run one shape a process.</param>
internal sealed record Measurement(
    string Shape,
    Precision Precision,
    int Batch,
    int Length,
    long Parameters,
    int Threads,
    double StepMilliseconds,
    double TokensPerSecond,
    double ModelGigaflops,
    double PeakGigaflops,
    double FractionOfPeak,
    double DispersionShare,
    long PeakMegabytes)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    /// <summary>Measures; plain and dispersed steps in turn, so that a slow moment of the machine falls on both.</summary>
    public static Measurement Of(Shape shape, TextTokenizer tokenizer, Precision precision, int steps, int rounds)
    {
        var plain = new double[rounds];
        var dispersed = new double[rounds];
        for (int i = 0; i < rounds; i++)
        {
            plain[i] = StepTimes.Median(shape, tokenizer, steps, precision, coefficient: 0);
            dispersed[i] = StepTimes.Median(shape, tokenizer, steps, precision, coefficient: 0.1);
        }

        double peak = MatrixPeak.Measure(precision == Precision.Float32 ? ScalarType.Float32 : ScalarType.BFloat16);
        using var backbone = shape.Create();
        double step = Median(dispersed);
        double rate = shape.FloatingPointOperations(backbone) / step;
        return new Measurement(
            shape.Name, precision, shape.Batch, shape.Length, backbone.parameters().Sum(parameter => parameter.numel()), get_num_threads(),
            Rounded(step * 1000, 1), Rounded(shape.Tokens / step, 0), Rounded(rate / 1e9, 1), Rounded(peak / 1e9, 1), Rounded(rate / peak, 3),
            Rounded(Median([.. plain.Zip(dispersed, (without, with) => (with / without) - 1)]), 4),
            Process.GetCurrentProcess().PeakWorkingSet64 >> 20);
    }

    /// <inheritdoc/>
    public override string ToString() => JsonSerializer.Serialize(this, Json);

    private static double Median(double[] values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    private static double Rounded(double value, int digits) => Math.Round(value, digits);
}
