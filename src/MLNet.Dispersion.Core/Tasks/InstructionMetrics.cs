namespace MLNet.Dispersion;

/// <summary>How well a model predicts the tokens of answers. Immutable.</summary>
public sealed record InstructionMetrics
{
    /// <summary>Gets the tokens of answers that were predicted.</summary>
    public required long Tokens { get; init; }

    /// <summary>Gets the mean negative log-likelihood of a token, nats; NaN where there is none.</summary>
    public required double MeanNegativeLogLikelihood { get; init; }

    /// <summary>Gets the share of tokens that were the likeliest ones, 0..1; NaN where there is none.</summary>
    public required double TokenAccuracy { get; init; }

    /// <summary>Gets the perplexity of a token, at least 1: the exponential of <see cref="MeanNegativeLogLikelihood"/>.</summary>
    public double Perplexity => Math.Exp(MeanNegativeLogLikelihood);

    /// <summary>Adds up what single answers gave.</summary>
    /// <param name="answers">The answers.</param>
    public static InstructionMetrics Of(IEnumerable<AnswerScore> answers)
    {
        ArgumentNullException.ThrowIfNull(answers);
        (long tokens, double sum, long right) = answers.Aggregate((0L, 0.0, 0L), (all, answer) => (all.Item1 + answer.Tokens, all.Item2 + answer.LogLikelihood, all.Item3 + answer.RightTokens));
        return new InstructionMetrics { Tokens = tokens, MeanNegativeLogLikelihood = tokens == 0 ? double.NaN : -sum / tokens, TokenAccuracy = (double)right / tokens };
    }
}
