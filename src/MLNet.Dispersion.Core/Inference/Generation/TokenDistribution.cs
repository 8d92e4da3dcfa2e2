using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>Which tokens may be drawn, and how likely each is. Holds its memory from one text position to the next; not thread-safe.</summary>
/// <param name="temperature">What logits are divided by; above 0.</param>
/// <param name="topK">The most tokens; null for all.</param>
/// <param name="topP">What the probabilities of the fewest likeliest tokens add up to at least; null for all.</param>
internal sealed class TokenDistribution(double temperature, int? topK, double? topP)
{
    private readonly PriorityQueue<int, (double Weight, int Reversed)> _best = new();
    private int[] _ids = [];
    private double[] _weights = [];
    private double _sum;

    /// <summary>Tokens that may be drawn.</summary>
    internal int Count { get; private set; }

    /// <summary>A token that may be drawn, and its probability; the likeliest first where not all may.</summary>
    internal (int Id, double Probability) this[int index] => (_ids[index], _weights[index] / _sum);

    /// <summary>The likeliest token; of several the one of the lowest id.</summary>
    /// <exception cref="InvalidOperationException">A logit is NaN, or the largest is infinite.</exception>
    internal static int Likeliest(ReadOnlySpan<float> logits)
    {
        int best = 0;
        for (int id = 0; id < logits.Length; id++)
        {
            // Written so that NaN wins, and is found out.
            if (!(logits[id] <= logits[best]))
            {
                best = id;
                if (float.IsNaN(logits[id]))
                {
                    break;
                }
            }
        }

        return float.IsFinite(logits[best]) ? best : throw new InvalidOperationException(string.Create(
            CultureInfo.InvariantCulture,
            $"The model's logits hold {logits[best]}, so no token can be chosen. Check its weights: training may have diverged."));
    }

    /// <summary>Takes over the logits of a position.</summary>
    /// <exception cref="InvalidOperationException">A logit is NaN, or the largest is infinite.</exception>
    internal void Set(ReadOnlySpan<float> logits)
    {
        if (_ids.Length < logits.Length)
        {
            (_ids, _weights) = (new int[logits.Length], new double[logits.Length]);
        }

        double largest = logits[Likeliest(logits)];
        for (int id = 0; id < logits.Length; id++)
        {
            _ids[id] = id;
            _weights[id] = Math.Exp((logits[id] - largest) / temperature);
        }

        Count = logits.Length;
        if (topK < Count)
        {
            KeepMost(topK.Value);
        }

        if (topP < 1)
        {
            KeepNucleus(topP.Value);
        }

        _sum = Sum();
    }

    /// <summary>Draws a token.</summary>
    internal int Draw(Random random)
    {
        double left = random.NextDouble() * _sum;
        int drawn = 0;
        for (int i = 0; i < Count; i++)
        {
            if (_weights[i] > 0)
            {
                drawn = _ids[i];
                left -= _weights[i];
                if (left < 0)
                {
                    break;
                }
            }
        }

        return drawn;
    }

    private void KeepMost(int most)
    {
        for (int i = 0; i < Count; i++)
        {
            // The least likely of those kept leaves first, of equals the one of the highest id.
            (double, int) rank = (_weights[i], -_ids[i]);
            if (_best.Count < most)
            {
                _best.Enqueue(_ids[i], rank);
            }
            else if (_best.TryPeek(out _, out var least) && rank.CompareTo(least) > 0)
            {
                _best.DequeueEnqueue(_ids[i], rank);
            }
        }

        Count = _best.Count;
        for (int i = Count - 1; _best.TryDequeue(out int id, out var rank); i--)
        {
            (_ids[i], _weights[i]) = (id, rank.Weight);
        }
    }

    private void KeepNucleus(double share)
    {
        // All tokens together that are less likely than this have less than what may be left out: none of them is needed, and few are left to be sorted.
        double sum = Sum();
        double negligible = sum * (1 - share) / Count;
        int kept = 0;
        for (int i = 0; i < Count; i++)
        {
            if (_weights[i] >= negligible)
            {
                (_ids[kept], _weights[kept]) = (_ids[i], _weights[i]);
                kept++;
            }
        }

        int[] order = [.. Enumerable.Range(0, kept).OrderByDescending(i => _weights[i]).ThenBy(i => _ids[i])];
        (int[] ids, double[] weights) = ([.. order.Select(i => _ids[i])], [.. order.Select(i => _weights[i])]);
        double reached = 0;
        for (Count = 0; Count < kept && reached < share * sum; Count++)
        {
            (_ids[Count], _weights[Count]) = (ids[Count], weights[Count]);
            reached += weights[Count];
        }
    }

    private double Sum()
    {
        double sum = 0;
        foreach (double weight in _weights.AsSpan(0, Count))
        {
            sum += weight;
        }

        return sum;
    }
}

/// <summary>Chooses the next token of a text. Not thread-safe.</summary>
/// <param name="plan">How.</param>
internal sealed class TokenSampler(GenerationPlan plan)
{
    private readonly TokenDistribution? _distribution = plan.Temperature > 0 ? new(plan.Temperature, plan.TopK, plan.TopP) : null;
    private float[] _penalised = [];

    /// <summary>Chooses.</summary>
    /// <param name="logits">One a token that may be chosen.</param>
    /// <param name="seen">Tokens of prompt and text so far.</param>
    /// <param name="random">The text's own random numbers.</param>
    /// <exception cref="InvalidOperationException">A logit is NaN, or the largest is infinite.</exception>
    internal int Next(ReadOnlySpan<float> logits, IReadOnlySet<int> seen, Random random)
    {
        if (plan.RepetitionPenalty != 1)
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
            logit = (float)(logit > 0 ? logit / plan.RepetitionPenalty : logit * plan.RepetitionPenalty);
        }

        return _penalised;
    }
}
