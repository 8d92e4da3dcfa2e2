namespace MLNet.Dispersion.Benchmarks.VerdictSimulation;

/// <summary>Random numbers of the worlds that are simulated.</summary>
internal sealed class Dice(int seed)
{
    private readonly Random _random = new(seed);

    /// <summary>Uniform from 0 to 1.</summary>
    public double Uniform() => _random.NextDouble();

    /// <summary>Standard normal, by Box and Muller.</summary>
    public double Normal() => Math.Sqrt(-2 * Math.Log(1 - Uniform())) * Math.Cos(2 * Math.PI * Uniform());

    /// <summary>A skewed deviate of mean 0 and variance 1: a lognormal one, of skewness 4 at shape 0.85.</summary>
    public double Skewed(double shape)
    {
        double variance = Math.Exp(shape * shape);
        return (Math.Exp(shape * Normal()) - Math.Sqrt(variance)) / Math.Sqrt(variance * (variance - 1));
    }

    /// <summary>From 0 to count - 1.</summary>
    public int Below(int count) => _random.Next(count);
}
