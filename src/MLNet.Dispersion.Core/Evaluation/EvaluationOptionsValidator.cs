namespace MLNet.Dispersion;

/// <summary>The ranges of the options of this room.</summary>
internal static class EvaluationOptionsValidator
{
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public static void Validate(EvaluationOptions o)
    {
        const string Owner = nameof(EvaluationOptions);
        AtLeast(Owner, nameof(o.MaxItems), o.MaxItems, 1);
        AtLeast(Owner, nameof(o.FewShot), o.FewShot, 0);
        AtLeast(Owner, nameof(o.MaxTokens), o.MaxTokens, 2);
        AtLeast(Owner, nameof(o.BatchSize), o.BatchSize, 1);
        AtLeast(Owner, nameof(o.MaxBatchTokens), o.MaxBatchTokens, 1);
    }

    /// <param name="o">The options.</param>
    /// <param name="contextLength">The most tokens that the model takes.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public static void Validate(WordPerplexityOptions o, int contextLength)
    {
        const string Owner = nameof(WordPerplexityOptions);
        AtLeast(Owner, nameof(o.WindowTokens), o.WindowTokens, 1);
        AtLeast(Owner, nameof(o.StrideTokens), o.StrideTokens, 1);
        AtLeast(Owner, nameof(o.BatchSize), o.BatchSize, 1);
        AtLeast(Owner, nameof(o.MaxBatchTokens), o.MaxBatchTokens, 1);
        int window = o.WindowTokens ?? contextLength;
        AtMost(Owner, nameof(o.WindowTokens), window, contextLength, "the model's context length");
        AtMost(Owner, nameof(o.StrideTokens), o.StrideTokens, window, "the window, or tokens would be left out");
    }

    private static void AtLeast(string owner, string name, int? value, int least)
    {
        if (value < least)
        {
            throw new ArgumentOutOfRangeException(name, value, FormattableString.Invariant($"{owner}.{name} is {value}; it must be at least {least}."));
        }
    }

    private static void AtMost(string owner, string name, int? value, int most, string what)
    {
        if (value > most)
        {
            throw new ArgumentOutOfRangeException(name, value, FormattableString.Invariant($"{owner}.{name} is {value}; it must be at most {most}, {what}."));
        }
    }
}
