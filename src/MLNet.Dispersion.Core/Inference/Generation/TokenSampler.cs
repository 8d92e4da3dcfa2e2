namespace MLNet.Dispersion;

/// <summary>Chooses the next token of a text. Not thread-safe.</summary>
/// <param name="options">How.</param>
internal sealed class TokenSampler(TextGenerationOptions options)
{
    private readonly TokenDistribution? _distribution = options.Temperature > 0 ? new(options.Temperature, options.TopK, options.TopP) : null;
    private float[] _penalised = [];

    /// <summary>Chooses.</summary>
    /// <param name="logits">One a token that may be chosen.</param>
    /// <param name="seen">Tokens of prompt and text so far.</param>
    /// <param name="random">The text's own random numbers.</param>
    /// <exception cref="InvalidOperationException">A logit is NaN, or the largest is infinite.</exception>
    internal int Next(ReadOnlySpan<float> logits, IReadOnlySet<int> seen, Random random)
    {
        if (options.RepetitionPenalty != 1)
        {
            logits = Penalised(logits, seen);
        }

        if (_distribution is null)
        {
            return TokenDistribution.Likeliest(logits);
        }

        _distribution.Set(logits);
        return _distribution.Draw(random);
    }

    private ReadOnlySpan<float> Penalised(ReadOnlySpan<float> logits, IReadOnlySet<int> seen)
    {
        if (_penalised.Length != logits.Length)
        {
            _penalised = new float[logits.Length];
        }

        logits.CopyTo(_penalised);
        foreach (int id in seen.Where(id => id < _penalised.Length))
        {
            ref float logit = ref _penalised[id];
            logit = (float)(logit > 0 ? logit / options.RepetitionPenalty : logit * options.RepetitionPenalty);
        }

        return _penalised;
    }
}
