using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Models;

/// <summary>Finds the stretching of Llama 3 in the factors that a GGUF file holds in its place.</summary>
/// <remarks>
/// A frequency of wavelength w is divided by 1 where w is below original / high, by the factor where it is above original / low, and in between by
/// 1 / ((1 - s) / factor + s) with s = (original / w - low) / (high - low). Only the two bounds matter, so that low may be taken as 1.
/// </remarks>
internal static class GgufRopeFactors
{
    private const double Tolerance = 1e-5;

    /// <exception cref="ModelFileException">The factors are of no such stretching.</exception>
    internal static JsonObject? Llama3(GgufKeys keys, float[] factors, double theta)
    {
        if (factors.All(value => value == 1))
        {
            return null;
        }

        double factor = factors.Max();
        double[] waves = [.. Enumerable.Range(0, factors.Length).Select(i => 2 * Math.PI * Math.Pow(theta, (double)i / factors.Length))];
        foreach (var (high, original) in Candidates(factors, waves, factor))
        {
            if (Fits(factors, waves, factor, high, original))
            {
                return new JsonObject
                {
                    ["rope_type"] = "llama3",
                    ["factor"] = factor,
                    ["low_freq_factor"] = 1.0,
                    ["high_freq_factor"] = high,
                    ["original_max_position_embeddings"] = (int)original,
                };
            }
        }

        throw keys.Refused("The factors of rope_freqs.weight are not those of Llama 3's stretching of the context, which alone is supported. Load the model from its directory in Hugging Face's format.", "rope_freqs.weight");
    }

    // What the published models say first; then what the factors between the bounds give, of which two settle both.
    private static IEnumerable<(double High, double Original)> Candidates(float[] factors, double[] waves, double factor)
    {
        for (int original = 8; original <= 1 << 20; original *= 2)
        {
            yield return (4, original);
        }

        int[] between = [.. Enumerable.Range(0, factors.Length).Where(i => factors[i] > 1 && factors[i] < factor)];
        if (between.Length >= 2)
        {
            // s (high - 1) = original / w - 1, for two wavelengths.
            double Share(int i) => ((1 / factors[i]) - (1 / factor)) / (1 - (1 / factor));
            int a = between[0], b = between[^1];
            double determinant = (Share(a) / waves[b]) - (Share(b) / waves[a]);
            double high = 1 + (((1 / waves[a]) - (1 / waves[b])) / determinant);
            double original = ((Share(a) * (high - 1)) + 1) * waves[a];
            yield return (Math.Round(high, 3), Math.Round(original));
        }
    }

    private static bool Fits(float[] factors, double[] waves, double factor, double high, double original)
    {
        for (int i = 0; i < factors.Length; i++)
        {
            double share = Math.Clamp(((original / waves[i]) - 1) / (high - 1), 0, 1);
            double expected = 1 / (((1 - share) / factor) + share);
            if (Math.Abs(expected - factors[i]) > Tolerance * expected)
            {
                return false;
            }
        }

        return original <= int.MaxValue && high > 1;
    }
}
