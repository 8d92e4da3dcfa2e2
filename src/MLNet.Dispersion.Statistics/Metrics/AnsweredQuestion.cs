namespace MLNet.Dispersion.Statistics;

/// <summary>A question of a test set with what was answered.</summary>
public sealed record AnsweredQuestion
{
    /// <summary>Gets the predicted answer; empty for "no answer".</summary>
    public required string Prediction { get; init; }

    /// <summary>Gets the right answers; none for a question without an answer.</summary>
    public required IReadOnlyList<string> Answers { get; init; }

    /// <summary>Gets how probable the model holds it that there is no answer, 0..1; 0 for a model that always answers.</summary>
    public double NoAnswerProbability { get; init; }
}
