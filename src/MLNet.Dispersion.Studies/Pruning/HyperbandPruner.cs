using System.Text;

namespace MLNet.Dispersion.Studies;

/// <summary>
/// Hyperband (Li et al. 2018) in its asynchronous form: trials are divided by a hash of their number into brackets that each halve successively, the one from the first rung on, the next from the second on, and so on, and
/// compete within their bracket alone. So it hedges between stopping early and letting slow starters come. Stateless and thread-safe.
/// </summary>
public sealed class HyperbandPruner : IPruner
{
    private readonly string _studyName;
    private readonly AshaPruner[] _brackets;
    private readonly int[] _budgets;

    /// <summary>Makes a pruner.</summary>
    /// <param name="maximumSteps">The steps of a whole trial, at least <paramref name="minimumSteps"/>.</param>
    /// <param name="minimumSteps">The first rung of the first bracket, at least 1. Default 1.</param>
    /// <param name="reductionFactor">One of how many trials goes on at each rung, and how many times further the next rung is, at least 2. Default 3.</param>
    /// <param name="studyName">Mixed into the hash, so that studies divide their trials differently. Default <c>study</c>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A figure is outside its range.</exception>
    public HyperbandPruner(int maximumSteps, int minimumSteps = 1, int reductionFactor = 3, string studyName = "study")
    {
        ArgumentNullException.ThrowIfNull(studyName);
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumSteps, minimumSteps);
        _studyName = studyName;
        var brackets = new List<AshaPruner> { new(minimumSteps, reductionFactor) };
        for (long steps = (long)minimumSteps * reductionFactor; steps <= maximumSteps; steps *= reductionFactor)
        {
            brackets.Add(new AshaPruner(minimumSteps, reductionFactor, skippedRungs: brackets.Count));
        }

        int count = brackets.Count;
        _brackets = [.. brackets];

        // The earlier a bracket stops trials, the more of them it gets, so that all train for about as long together.
        _budgets = [.. Enumerable.Range(0, count).Select(bracket => (int)Math.Ceiling(count * Math.Pow(reductionFactor, count - 1 - bracket) / (count - bracket)))];
    }

    /// <inheritdoc/>
    public bool ShouldPrune(StudyObjective objective, Trial trial, IReadOnlyList<Trial> history)
    {
        ArgumentNullException.ThrowIfNull(trial);
        ArgumentNullException.ThrowIfNull(history);
        int bracket = BracketOf(trial.Number);
        return _brackets[bracket].ShouldPrune(objective, trial, [.. history.Where(other => BracketOf(other.Number) == bracket)]);
    }

    /// <summary>Gets the bracket of a trial, from 0.</summary>
    /// <param name="number">The trial's number.</param>
    public int BracketOf(int number)
    {
        long left = Crc32(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{_studyName}_{number}"))) % _budgets.Sum();
        int bracket = 0;
        while (left >= _budgets[bracket])
        {
            left -= _budgets[bracket++];
        }

        return bracket;
    }

    /// <summary>The checksum of zip files.</summary>
    private static uint Crc32(byte[] bytes)
    {
        const uint Polynomial = 0xEDB88320;
        uint sum = uint.MaxValue;
        foreach (byte next in bytes)
        {
            sum ^= next;
            for (int bit = 0; bit < 8; bit++)
            {
                sum = (sum >> 1) ^ ((sum & 1) * Polynomial);
            }
        }

        return ~sum;
    }
}
