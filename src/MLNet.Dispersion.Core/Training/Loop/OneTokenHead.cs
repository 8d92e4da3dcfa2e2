namespace MLNet.Dispersion;

/// <summary>A head that reads one token, under layers that are pushed apart: what it reads is pushed as all others are, and no mean over tokens evens that out.</summary>
internal static class OneTokenHead
{
    /// <summary>From which coefficient on it was measured to harm.</summary>
    private const double Strong = 1;

    /// <summary>What to do instead; null where there is nothing to say.</summary>
    internal static string? Advice(FineTuneOptions options) =>
        options is { Pooling: TextPooling.FirstToken or TextPooling.LastToken or TextPooling.Family, Dispersion: { Coefficient: >= Strong, Layers: not LayerSelection.EarlyHalf } dispersion }
            ? FormattableString.Invariant($"The dispersion coefficient is {dispersion.Coefficient} on layers up to the last ({dispersion.Layers}), and the head reads one token there (Pooling {options.Pooling}), which can cost accuracy. Set FineTuneOptions.Pooling to Mean, Dispersion.Layers to EarlyHalf, or a coefficient below {Strong}.")
            : null;
}
