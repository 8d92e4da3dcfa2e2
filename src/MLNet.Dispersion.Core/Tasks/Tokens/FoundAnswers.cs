namespace MLNet.Dispersion;

/// <summary>What was found as answers to a question. Immutable.</summary>
public sealed record FoundAnswers
{
    /// <summary>Gets the answers, the best first; "no answer" stands in front where <see cref="NoAnswerProbability"/> is above the model's threshold, and nowhere else. Never empty.</summary>
    public required IReadOnlyList<FoundAnswer> Best { get; init; }

    /// <summary>Gets how probable "no answer" is against the best piece of the context, 0..1: the logistic function of the difference of their logits. 1 where the context has no token.</summary>
    public required float NoAnswerProbability { get; init; }
}
