namespace MLNet.Dispersion;

/// <summary>How contexts are read and answers are chosen.</summary>
/// <remarks>Not thread-safe while it is edited; estimators and models take a copy.</remarks>
public sealed class QuestionAnsweringOptions : IOptions
{
    /// <summary>Gets or sets how many tokens of the context neighbouring windows share where it is longer than the model reads; Hugging Face's tokenizers call it stride. Default null: a quarter of a window's room. At least 0; where it is as long as the room, half of that is taken.</summary>
    public int? WindowOverlap { get; set; }

    /// <summary>Gets or sets the most tokens of an answer. Default 30, as Hugging Face's scripts have it. At least 1.</summary>
    public int MaxAnswerTokens { get; set; } = 30;

    /// <summary>
    /// Gets or sets from which probability of "no answer" on a question is left without one: above it. Default null: 0.5 where the training rows had questions without answer, else 1, which always answers.
    /// <see cref="QuestionAnsweringMetrics.BestExactThreshold"/> finds a better one on held-out rows. 0..1.
    /// </summary>
    public double? NoAnswerThreshold { get; set; }

    /// <summary>A copy.</summary>
    public QuestionAnsweringOptions Clone() => (QuestionAnsweringOptions)MemberwiseClone();

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is outside its range; the message names value and limit.</exception>
    public void Validate() => new Require(nameof(QuestionAnsweringOptions)).Options(this);

    /// <inheritdoc/>
    void IOptions.Check(Require require)
    {
        require.AtLeast(WindowOverlap, 0, ", or null for a quarter of a window");
        require.AtLeast(MaxAnswerTokens, 1);
        require.That(NoAnswerThreshold is null or (>= 0 and <= 1), NoAnswerThreshold, "from 0 to 1, or null");
    }
}
