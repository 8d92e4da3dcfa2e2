namespace MLNet.Dispersion;

/// <summary>Draws few-shot examples as the lm-evaluation-harness does: Python's <c>random.Random(1234).sample</c>, one generator for all items of a task.</summary>
internal sealed class HarnessDraw
{
    private const uint Seed = 1234;

    private readonly MersenneTwister _random = new(Seed);

    /// <summary>Draws without replacement.</summary>
    /// <param name="population">How many there are.</param>
    /// <param name="count">How many are drawn, at most <paramref name="population"/>.</param>
    /// <returns>Their places, in the order of the drawing.</returns>
    public int[] Sample(int population, int count)
    {
        // Python keeps a list where that takes less memory than a set; the two give other samples.
        int ofSet = 21 + (count > 5 ? (int)Math.Pow(4, Math.Ceiling(Math.Log(count * 3, 4))) : 0);
        return population <= ofSet ? SampleByList(population, count) : SampleBySet(population, count);
    }

    private int[] SampleByList(int population, int count)
    {
        int[] pool = [.. Enumerable.Range(0, population)];
        var drawn = new int[count];
        for (int i = 0; i < count; i++)
        {
            int place = Below(population - i);
            drawn[i] = pool[place];
            pool[place] = pool[population - i - 1];
        }

        return drawn;
    }

    private int[] SampleBySet(int population, int count)
    {
        var seen = new HashSet<int>();
        var drawn = new int[count];
        for (int i = 0; i < count; i++)
        {
            do
            {
                drawn[i] = Below(population);
            }
            while (!seen.Add(drawn[i]));
        }

        return drawn;
    }

    /// <summary>A number of as many bits as the limit has, drawn again while it is too large.</summary>
    private int Below(int limit)
    {
        int bits = 32 - int.LeadingZeroCount(limit);
        uint number;
        do
        {
            number = _random.Next() >> (32 - bits);
        }
        while (number >= limit);
        return (int)number;
    }
}

/// <summary>MT19937 (Matsumoto and Nishimura 1998), its state made of an array of one number, as Python makes it of a small seed.</summary>
internal sealed class MersenneTwister
{
    private const int Length = 624;
    private const int Middle = 397;

    private readonly uint[] _state = new uint[Length];
    private int _used = Length;

    /// <param name="seed">The seed.</param>
    public MersenneTwister(uint seed)
    {
        _state[0] = 19650218;
        for (int i = 1; i < Length; i++)
        {
            _state[i] = (1812433253 * Folded(i - 1)) + (uint)i;
        }

        int place = 1;
        for (int k = 0; k < Length; k++)
        {
            _state[place] = (_state[place] ^ (Folded(place - 1) * 1664525)) + seed;
            place = Following(place);
        }

        for (int k = 1; k < Length; k++)
        {
            _state[place] = (_state[place] ^ (Folded(place - 1) * 1566083941)) - (uint)place;
            place = Following(place);
        }

        _state[0] = 0x80000000;
    }

    /// <summary>The next 32 bits.</summary>
    public uint Next()
    {
        if (_used == Length)
        {
            Twist();
        }

        uint bits = _state[_used++];
        bits ^= bits >> 11;
        bits ^= (bits << 7) & 0x9d2c5680;
        bits ^= (bits << 15) & 0xefc60000;
        return bits ^ (bits >> 18);
    }

    private uint Folded(int place) => _state[place] ^ (_state[place] >> 30);

    /// <summary>After the last place the first takes over the last's value, and the second is next.</summary>
    private int Following(int place)
    {
        if (place + 1 < Length)
        {
            return place + 1;
        }

        _state[0] = _state[Length - 1];
        return 1;
    }

    private void Twist()
    {
        for (int i = 0; i < Length; i++)
        {
            uint joined = (_state[i] & 0x80000000) | (_state[(i + 1) % Length] & 0x7fffffff);
            _state[i] = _state[(i + Middle) % Length] ^ (joined >> 1) ^ ((joined & 1) * 0x9908b0df);
        }

        _used = 0;
    }
}
