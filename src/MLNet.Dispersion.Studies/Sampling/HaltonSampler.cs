namespace MLNet.Dispersion.Studies;

/// <summary>Covers the space evenly with a scrambled Halton sequence, one coordinate a parameter. Stateless and thread-safe.</summary>
public sealed class HaltonSampler : ISampler
{
    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The space is empty.</exception>
    public ParameterSet? Sample(SearchSpace space, IReadOnlyList<StudyObjective> objectives, IReadOnlyList<Trial> history, int number, long seed)
    {
        ArgumentNullException.ThrowIfNull(space);
        space.ThrowIfEmpty();
        int index = SampledTrials.IndexOf(history, number);
        var sequence = new HaltonSequence(seed);
        Dictionary<string, int> dimensions = space.Parameters.Index().ToDictionary(pair => pair.Item.Name, pair => pair.Index);
        return space.At(parameter => sequence.At(index, dimensions[parameter.Name]));
    }
}

/// <summary>Halton's sequence with digits permuted and coordinates shifted around at random: points that fill the unit cube more evenly than independent ones.</summary>
/// <param name="seed">Of permutations and shifts.</param>
internal sealed class HaltonSequence(long seed)
{
    private const double Smallest = 1e-12;
    private readonly List<int[]> _permutations = [];
    private readonly List<double> _shifts = [];

    /// <summary>The coordinate of a point.</summary>
    /// <param name="index">The point, from 0.</param>
    /// <param name="dimension">The coordinate, from 0; each has the next prime as its base.</param>
    /// <returns>In [0, 1).</returns>
    internal double At(int index, int dimension)
    {
        int[] permutation = Permutation(dimension);
        int radix = permutation.Length;
        double place = 0, share = 1;

        // Leading zeros are permuted, too, down to where they no longer matter.
        for (long rest = index; share > Smallest; rest /= radix)
        {
            share /= radix;
            place += share * permutation[rest % radix];
        }

        // Permutations alone are few in the first bases.
        place += _shifts[dimension];
        return Math.Clamp(place - Math.Floor(place), 0, 1 - Smallest);
    }

    private int[] Permutation(int dimension)
    {
        while (_permutations.Count <= dimension)
        {
            int radix = _permutations.Count == 0 ? 2 : _permutations[^1].Length + 1;
            while (!IsPrime(radix))
            {
                radix++;
            }

            int[] digits = [.. Enumerable.Range(0, radix)];
            var random = new SampleRandom(seed, _permutations.Count);
            random.Shuffle(digits);
            _shifts.Add(random.Uniform());
            _permutations.Add(digits);
        }

        return _permutations[dimension];
    }

    private static bool IsPrime(int number) => Enumerable.Range(2, number).TakeWhile(divisor => divisor * divisor <= number).All(divisor => number % divisor != 0);
}
