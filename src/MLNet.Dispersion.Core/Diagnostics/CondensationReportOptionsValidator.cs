namespace MLNet.Dispersion;

/// <summary>The ranges of <see cref="CondensationReportOptions"/>.</summary>
internal static class CondensationReportOptionsValidator
{
    /// <summary>Checks what does not depend on the model.</summary>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public static void Validate(CondensationReportOptions o)
    {
        Check(o.MaxTexts >= 1, o.MaxTexts, nameof(o.MaxTexts), "at least 1");
        Check(o.MaxTokens >= 2, o.MaxTokens, nameof(o.MaxTokens), "at least 2, since one token has no pair");
        Check(o.MinTokens >= 2 && o.MinTokens <= o.MaxTokens, o.MinTokens, nameof(o.MinTokens), FormattableString.Invariant($"from 2 to MaxTokens ({o.MaxTokens})"));
        Check(o.SpectrumTexts >= 0, o.SpectrumTexts, nameof(o.SpectrumTexts), "at least 0 (none); int.MaxValue is for all");
        ArgumentException.ThrowIfNullOrWhiteSpace(o.Device, nameof(CondensationReportOptions.Device));
    }

    /// <summary>Checks what does.</summary>
    /// <param name="o">The options.</param>
    /// <param name="contextLength">The most tokens that the model takes.</param>
    public static void ValidateFor(CondensationReportOptions o, int contextLength) =>
        Check(o.MinTokens <= contextLength, o.MinTokens, nameof(o.MinTokens), FormattableString.Invariant($"at most the model's context length ({contextLength} tokens), or no text is long enough"));

    private static void Check(bool good, object value, string name, string rule)
    {
        if (!good)
        {
            throw new ArgumentOutOfRangeException(name, value, $"CondensationReportOptions.{name} is {value}; it must be {rule}.");
        }
    }
}
