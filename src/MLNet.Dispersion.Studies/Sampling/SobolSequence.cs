namespace MLNet.Dispersion.Studies;

/// <summary>
/// Sobol's sequence with Owen's nested scrambling: points that fill the unit cube more evenly than independent ones, each of them uniform by itself. Any 2^m points from a multiple of 2^m on have the same number in each of
/// 2^m equal slices of every coordinate, and of most pairs of coordinates in each of 2^m equal boxes.
/// </summary>
/// <param name="seed">Of the scrambling.</param>
internal sealed class SobolSequence(long seed)
{
    private const int Bits = 32;

    /// <summary>Degree and inner coefficients of a primitive polynomial, and the first direction numbers, of coordinates 2 and on (Joe and Kuo 2008, their criterion D6).</summary>
    private static readonly (int Degree, uint Coefficients, uint[] First)[] Polynomials =
    [
        (1, 0, [1]),
        (2, 1, [1, 3]),
        (3, 1, [1, 3, 1]),
        (3, 2, [1, 1, 1]),
        (4, 1, [1, 1, 3, 3]),
        (4, 4, [1, 3, 5, 13]),
        (5, 2, [1, 1, 5, 5, 17]),
        (5, 4, [1, 1, 5, 5, 5]),
        (5, 7, [1, 1, 7, 11, 19]),
        (5, 11, [1, 1, 5, 1, 1]),
        (5, 13, [1, 1, 1, 3, 11]),
        (5, 14, [1, 3, 5, 5, 31]),
        (6, 1, [1, 3, 3, 9, 7, 49]),
        (6, 13, [1, 1, 1, 15, 21, 21]),
        (6, 16, [1, 3, 1, 13, 27, 49]),
    ];

    private static readonly uint[][] Directions = [.. Enumerable.Range(0, Polynomials.Length + 1).Select(DirectionsOf)];

    /// <summary>The coordinate of a point.</summary>
    /// <param name="index">The point, from 0.</param>
    /// <param name="dimension">The coordinate, from 0. Beyond the sixteenth they begin anew with points in another, equally even order, so that even there no two coordinates repeat one another.</param>
    /// <returns>In [0, 1).</returns>
    internal double At(int index, int dimension)
    {
        (int round, int column) = Math.DivRem(dimension, Directions.Length);
        uint point = round == 0 ? (uint)index : Scrambled((uint)index, -round);
        uint coordinate = 0;
        foreach ((int bit, uint direction) in Directions[column].Index())
        {
            coordinate ^= (point >> bit & 1) == 1 ? direction : 0;
        }

        // The middle of the smallest slice: never an end of the interval.
        return (Scrambled(coordinate, dimension) + 0.5) / (1L << Bits);
    }

    /// <summary>Flips each binary digit at random, by one throw for all numbers that agree in the digits before it (Owen 1995).</summary>
    private uint Scrambled(uint digits, long stream)
    {
        uint scrambled = 0;
        for (int place = 0; place < Bits; place++)
        {
            // One stream for each beginning: a leading 1 tells beginnings of different lengths apart.
            long beginning = (1L << place) | (long)((ulong)digits >> (Bits - place));
            uint flip = (uint)(2 * new SampleRandom(seed ^ (stream * 0x9E3779B1), beginning).Uniform());
            scrambled |= ((digits >> (Bits - 1 - place)) ^ flip) << (Bits - 1 - place) & (1u << (Bits - 1 - place));
        }

        return scrambled;
    }

    /// <summary>What each binary digit of a point's index turns over in its coordinate.</summary>
    private static uint[] DirectionsOf(int column)
    {
        var directions = new uint[Bits];
        if (column == 0)
        {
            return [.. directions.Select((_, bit) => 1u << (Bits - 1 - bit))];
        }

        (int degree, uint coefficients, uint[] first) = Polynomials[column - 1];
        for (int bit = 0; bit < Bits; bit++)
        {
            if (bit < degree)
            {
                directions[bit] = first[bit] << (Bits - 1 - bit);
                continue;
            }

            directions[bit] = directions[bit - degree] ^ (directions[bit - degree] >> degree);
            for (int k = 1; k < degree; k++)
            {
                directions[bit] ^= (coefficients >> (degree - 1 - k) & 1) * directions[bit - k];
            }
        }

        return directions;
    }
}
