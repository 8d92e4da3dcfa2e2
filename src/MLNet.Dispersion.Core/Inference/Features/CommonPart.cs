using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>What vectors of many texts have in common: their mean, and the directions in which they differ most from it whatever the texts say (Mu and Viswanath 2018, "All-but-the-Top"). Thread-safe.</summary>
/// <param name="mean">What is subtracted, <c>[F]</c>; null for nothing.</param>
/// <param name="directions">What is taken out after that, <c>[K, F]</c>, of length 1 and at right angles; null for none.</param>
internal sealed class CommonPart(IReadOnlyList<float>? mean, IReadOnlyList<IReadOnlyList<float>>? directions)
{
    /// <summary>The mean.</summary>
    internal IReadOnlyList<float>? Mean => mean;

    /// <summary>The directions.</summary>
    internal IReadOnlyList<IReadOnlyList<float>>? Directions => directions;

    /// <summary>Learns it.</summary>
    /// <param name="vectors">Vectors before they are scaled, <c>[F]</c> each, more than directions.</param>
    /// <param name="count">How many directions, from 0; below F.</param>
    internal static CommonPart Of(IReadOnlyList<float[]> vectors, int count)
    {
        var sums = new double[vectors[0].Length];
        foreach (float[] vector in vectors)
        {
            for (int i = 0; i < sums.Length; i++)
            {
                sums[i] += vector[i];
            }
        }

        double[] mean = [.. sums.Select(sum => sum / vectors.Count)];
        return new CommonPart([.. mean.Select(value => (float)value)], count == 0 ? null : Principal(vectors, mean, count));
    }

    /// <summary>Takes it out of a vector.</summary>
    internal void TakeOut(Span<float> vector)
    {
        for (int i = 0; i < vector.Length && mean is not null; i++)
        {
            vector[i] -= mean[i];
        }

        foreach (IReadOnlyList<float> direction in directions ?? [])
        {
            double along = 0;
            for (int i = 0; i < vector.Length; i++)
            {
                along += (double)vector[i] * direction[i];
            }

            for (int i = 0; i < vector.Length; i++)
            {
                vector[i] = (float)(vector[i] - (along * direction[i]));
            }
        }
    }

    private static float[][] Principal(IReadOnlyList<float[]> vectors, double[] mean, int count)
    {
        using var inside = ExitGate.Enter();
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        double[] centred = [.. vectors.SelectMany(vector => vector.Select((value, i) => value - mean[i]))];
        var (_, _, rows) = linalg.svd(tensor(centred, vectors.Count, mean.Length), fullMatrices: false);
        return [.. rows.narrow(0, 0, count).to(ScalarType.Float32).contiguous().data<float>().ToArray().Chunk(mean.Length)];
    }
}
