namespace MLNet.Dispersion;

/// <summary>One kind of rotary positions: the cosines and sines of the places where the rows of a step stand.</summary>
internal sealed unsafe class DecodeRotation
{
    private readonly RotarySpec _spec;
    private readonly float* _tables;
    private readonly int _half;
    private readonly bool _changes;
    private float[] _frequencies;

    internal DecodeRotation(RotarySpec spec, int rows, DecodeMemory memory)
    {
        _spec = spec;
        _half = spec.Dimensions / 2;
        _changes = spec.Scaling is { IsOpenEnded: true } or { ChangesBeyond: not null };
        _frequencies = Frequencies(0);
        _tables = memory.Zeros((long)rows * spec.Dimensions);
    }

    /// <summary>Goes to the places of a step.</summary>
    /// <param name="places">Of each row's token.</param>
    /// <param name="longest">The tokens of the longest row.</param>
    internal void Set(ReadOnlySpan<int> places, long longest)
    {
        _frequencies = _changes ? Frequencies(longest) : _frequencies;
        float factor = (float)_spec.AttentionFactor;
        for (int row = 0; row < places.Length; row++)
        {
            float* table = _tables + ((long)row * _spec.Dimensions);
            for (int i = 0; i < _half; i++)
            {
                (float sine, float cosine) = MathF.SinCos(places[row] * _frequencies[i]);
                (table[i], table[_half + i]) = (cosine * factor, sine * factor);
            }
        }
    }

    /// <summary>Turns a head of a row.</summary>
    internal void Turn(float* head, int row)
    {
        float* cosines = _tables + ((long)row * _spec.Dimensions);
        float* sines = cosines + _half;
        (int step, int apart) = _spec.IsInterleaved ? (2, 1) : (1, _half);
        for (int i = 0; i < _half; i++)
        {
            float* first = head + (i * step);
            (float a, float b) = (first[0], first[apart]);
            first[0] = (a * cosines[i]) - (b * sines[i]);
            first[apart] = (b * cosines[i]) + (a * sines[i]);
        }
    }

    private float[] Frequencies(long length) => [.. _spec.Frequencies(length).Select(frequency => (float)frequency)];
}
