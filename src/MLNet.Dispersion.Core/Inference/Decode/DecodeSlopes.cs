namespace MLNet.Dispersion;

/// <summary>The bias of scores by distance, as <see cref="AlibiBias"/> makes it.</summary>
/// <param name="spec">How.</param>
/// <param name="heads">Query heads.</param>
internal sealed unsafe class DecodeSlopes(AlibiSpec spec, int heads)
{
    private readonly IReadOnlyList<float> _slopes = AlibiSpec.Slopes(heads);

    /// <summary>Adds it to the scores of keys that follow each other.</summary>
    /// <param name="scores">Of one head.</param>
    /// <param name="head">Its number.</param>
    /// <param name="place">The first key's.</param>
    /// <param name="count">Keys.</param>
    internal void AddTo(float* scores, int head, int place, int count)
    {
        float slope = Rounded(_slopes[head]);
        for (int t = 0; t < count; t++)
        {
            scores[t] += Rounded(slope * Rounded(place + t)) * (float)spec.Scale;
        }
    }

    private float Rounded(float number)
    {
        uint bits = BitConverter.SingleToUInt32Bits(number);
        return spec.IsRounded ? BitConverter.UInt32BitsToSingle((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000) : number;
    }
}
