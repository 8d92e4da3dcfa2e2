namespace MLNet.Dispersion.Statistics;

/// <summary>How well questions were answered, as the scripts of the Stanford Question Answering Dataset count. Immutable and thread-safe.</summary>
public sealed record QuestionAnsweringMetrics
{
    private QuestionAnsweringMetrics()
    {
    }

    /// <summary>Gets the scores over all questions.</summary>
    public required AnswerScores All { get; init; }

    /// <summary>Gets the scores of questions that have an answer.</summary>
    public required AnswerScores Answerable { get; init; }

    /// <summary>Gets the scores of questions that have none.</summary>
    public required AnswerScores Unanswerable { get; init; }

    /// <summary>Counts answers. By version 1.1 only questions that have an answer count.</summary>
    /// <param name="questions">The questions.</param>
    /// <param name="rules">By which script.</param>
    /// <param name="noAnswerThreshold">A question whose <see cref="AnsweredQuestion.NoAnswerProbability"/> is above counts as "no answer", whatever the prediction; 1, the default, believes the predictions. Version 2.0 alone.</param>
    public static QuestionAnsweringMetrics Of(IReadOnlyList<AnsweredQuestion> questions, AnswerRules rules = AnswerRules.Squad2, double noAnswerThreshold = 1)
    {
        ArgumentNullException.ThrowIfNull(questions);
        AnsweredQuestion[] counted = [.. questions.Where(question => rules == AnswerRules.Squad2 || question.Answers.Count > 0)];
        (bool HasAnswer, double Exact, double F1)[] scores = [.. counted.Select(question => rules == AnswerRules.Squad2 && question.NoAnswerProbability > noAnswerThreshold
            ? (question.Answers.Count > 0, Silence(question), Silence(question))
            : (question.Answers.Count > 0, Exact(question, rules), F1(question, rules)))];
        return new QuestionAnsweringMetrics
        {
            All = Mean(scores),
            Answerable = Mean([.. scores.Where(score => score.HasAnswer)]),
            Unanswerable = Mean([.. scores.Where(score => !score.HasAnswer)]),
        };

        static AnswerScores Mean((bool HasAnswer, double Exact, double F1)[] of) =>
            of.Length == 0 ? new(double.NaN, double.NaN, 0) : new(of.Average(score => score.Exact), of.Average(score => score.F1), of.Length);
    }

    /// <summary>The threshold of "no answer" at which the share of exact answers is highest on these questions.</summary>
    /// <param name="questions">The questions, at least one.</param>
    /// <returns>The threshold, and the share there. A search on the rows that it is told of flatters: take it on validation rows.</returns>
    /// <exception cref="ArgumentException">There is no question.</exception>
    public static (double Threshold, double Score) BestExactThreshold(IReadOnlyList<AnsweredQuestion> questions) => Best(questions, question => Exact(question, AnswerRules.Squad2));

    /// <summary>The threshold of "no answer" at which the mean F1 is highest on these questions.</summary>
    /// <param name="questions">The questions, at least one.</param>
    /// <returns>The threshold, and the mean there. A search on the rows that it is told of flatters: take it on validation rows.</returns>
    /// <exception cref="ArgumentException">There is no question.</exception>
    public static (double Threshold, double Score) BestF1Threshold(IReadOnlyList<AnsweredQuestion> questions) => Best(questions, question => F1(question, AnswerRules.Squad2));

    private static (double Threshold, double Score) Best(IReadOnlyList<AnsweredQuestion> questions, Func<AnsweredQuestion, double> score)
    {
        ArgumentNullException.ThrowIfNull(questions);
        MetricInput.NotEmpty(questions.Count, nameof(questions));
        double sum = questions.Count(question => question.Answers.Count == 0), best = sum, threshold = 0;
        foreach (AnsweredQuestion question in questions.OrderBy(question => question.NoAnswerProbability))
        {
            sum += question.Answers.Count > 0 ? score(question) : question.Prediction.Length > 0 ? -1 : 0;
            if (sum > best)
            {
                (best, threshold) = (sum, question.NoAnswerProbability);
            }
        }

        return (threshold, best / questions.Count);
    }

    private static double Silence(AnsweredQuestion question) => question.Answers.Count == 0 ? 1 : 0;

    private static double Exact(AnsweredQuestion question, AnswerRules rules) => AnswerText.IsExact(question.Prediction, question.Answers, rules) ? 1 : 0;

    private static double F1(AnsweredQuestion question, AnswerRules rules) => AnswerText.F1(question.Prediction, question.Answers, rules);
}
