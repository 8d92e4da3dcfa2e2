using System.Globalization;

namespace MLNet.Dispersion.Statistics;

/// <summary>What a comparison says, with the interval that it says it by. Immutable and thread-safe.</summary>
public sealed record Verdict
{
    private Verdict()
    {
    }

    /// <summary>Gets the word.</summary>
    public required VerdictWord Word { get; init; }

    /// <summary>Gets the interval of the difference that decided; positive is better.</summary>
    public required Interval Interval { get; init; }

    /// <summary>Gets the least effect that matters (d), above 0, in the figure's own unit.</summary>
    public required double LeastEffect { get; init; }

    /// <summary>Gets whether the word is a lead and no result: seeds were added after a look at the others, or the setting was picked by looking. A mark beside the word, never a word.</summary>
    public bool IsExploratory { get; init; }

    /// <summary>Gets the rows or seeds that would be needed to tell; null but for "cannot be told".</summary>
    public SampleNeeded? Needed { get; init; }

    /// <summary>Gets the word as it is written: "better", "worse", "no difference that matters" or "cannot be told".</summary>
    public string Text => TextOf(Word);

    /// <summary>Judges by an interval.</summary>
    /// <param name="interval">The interval of the difference; positive is better.</param>
    /// <param name="leastEffect">The least effect (d), above 0.</param>
    /// <param name="isExploratory">Whether the word is to carry the mark. Default false.</param>
    /// <returns>The verdict.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The least effect is not above 0, or not finite.</exception>
    public static Verdict Of(Interval interval, double leastEffect, bool isExploratory = false)
    {
        ArgumentNullException.ThrowIfNull(interval);
        CheckLeastEffect(leastEffect);
        VerdictWord word =
            interval.Lower > 0 && interval.Middle >= leastEffect ? VerdictWord.Better
            : interval.Upper < 0 && interval.Middle <= -leastEffect ? VerdictWord.Worse
            : interval.Lower >= -leastEffect && interval.Upper <= leastEffect ? VerdictWord.NoDifferenceThatMatters
            : VerdictWord.CannotBeTold;
        return new Verdict { Word = word, Interval = interval, LeastEffect = leastEffect, IsExploratory = isExploratory };
    }

    /// <summary>Judges by the interval over seeds and rows (<see cref="PairedInterval.SeedsByRows"/>).</summary>
    /// <param name="differences">The differences; positive is better.</param>
    /// <param name="leastEffect">The least effect (d), above 0.</param>
    /// <param name="isExploratory">Whether the word is to carry the mark. Default false.</param>
    /// <param name="level">The level, above 0 and below 1. Default 0.95.</param>
    /// <returns>The verdict; where it cannot be told, with the rows or seeds that would be needed.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public static Verdict Of(PairedDifferences differences, double leastEffect, bool isExploratory = false, double level = 0.95)
    {
        Verdict verdict = Of(PairedInterval.SeedsByRows(differences, level), leastEffect, isExploratory);
        return verdict.Word == VerdictWord.CannotBeTold ? verdict with { Needed = Power.NeededBeyond(differences, leastEffect, level: level) } : verdict;
    }

    /// <summary>Gets the text of a word.</summary>
    /// <param name="word">The word.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such word.</exception>
    public static string TextOf(VerdictWord word) => word switch
    {
        VerdictWord.Better => "better",
        VerdictWord.Worse => "worse",
        VerdictWord.NoDifferenceThatMatters => "no difference that matters",
        VerdictWord.CannotBeTold => "cannot be told",
        _ => throw new ArgumentOutOfRangeException(nameof(word), word, "There are four words: better, worse, no difference that matters, cannot be told."),
    };

    /// <summary>Writes the verdict, such as <c>cannot be told (exploratory): +0.012, 95 % interval -0.004 to +0.028, least effect 0.01; about 7,800 rows or 12 seeds would tell</c>.</summary>
    public override string ToString() => ToString("0.####");

    /// <summary>Writes the verdict in a format of numbers.</summary>
    /// <param name="format">The format of the numbers without their signs, such as <c>0.000</c>.</param>
    public string ToString(string format) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Text}{(IsExploratory ? " (exploratory)" : "")}: {Interval.ToString(format)}, least effect {LeastEffect.ToString(format, CultureInfo.InvariantCulture)}{(Needed is null ? "" : $"; {Needed}")}");

    internal static void CheckLeastEffect(double leastEffect)
    {
        if (!(leastEffect > 0) || !double.IsFinite(leastEffect))
        {
            throw new ArgumentOutOfRangeException(nameof(leastEffect), leastEffect, string.Create(CultureInfo.InvariantCulture, $"The least effect is {leastEffect}; it must be above 0: without one, any difference would matter and none could ever be called too small."));
        }
    }
}
