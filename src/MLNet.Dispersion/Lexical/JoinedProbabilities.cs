namespace MLNet.Dispersion;

/// <summary>Two classifiers' probabilities joined into one: softmax(a log p + b log q), class by class. Pure functions.</summary>
internal static class JoinedProbabilities
{
    private const double Least = 1e-12;
    private const double Curvature = 1e-9;
    private const double SmallStep = 1e-7;
    private const int MostSteps = 100;

    /// <summary>Joins probabilities, row after row.</summary>
    /// <param name="network">p, <c>[rows * K]</c>, written over.</param>
    /// <param name="lexical">q, as many.</param>
    /// <param name="classCount">Classes (K).</param>
    /// <param name="weights">a and b.</param>
    internal static void Join(Span<float> network, ReadOnlySpan<float> lexical, int classCount, JoiningWeights weights)
    {
        for (int start = 0; start < network.Length; start += classCount)
        {
            Span<float> p = network.Slice(start, classCount);
            double[] joined = Joined(p, lexical.Slice(start, classCount), weights);
            for (int i = 0; i < classCount; i++)
            {
                p[i] = (float)joined[i];
            }
        }
    }

    /// <summary>Finds the weights, neither of them below 0, with the least negative log-likelihood of rows that neither classifier has seen. One more row's worth speaks for the network alone, so that few rows do not make certain.</summary>
    /// <param name="network">p of those rows, <c>[rows * K]</c>.</param>
    /// <param name="lexical">q.</param>
    /// <param name="labels">The right classes, from 0.</param>
    /// <param name="classCount">Classes (K).</param>
    internal static JoiningWeights Fit(ReadOnlySpan<float> network, ReadOnlySpan<float> lexical, IReadOnlyList<int> labels, int classCount)
    {
        // The sum is convex in both weights: Newton's steps, halved where they overshoot, and held at 0.
        JoiningWeights best = JoiningWeights.NetworkAlone;
        Slope slope = SlopeAt(network, lexical, labels, classCount, best);
        for (int step = 0; step < MostSteps; step++)
        {
            JoiningWeights next = slope.Step(best, 1);
            Slope there = SlopeAt(network, lexical, labels, classCount, next);
            for (double part = 0.5; there.Loss > slope.Loss && part > SmallStep; part /= 2)
            {
                next = slope.Step(best, part);
                there = SlopeAt(network, lexical, labels, classCount, next);
            }

            if (there.Loss >= slope.Loss - SmallStep)
            {
                break;
            }

            (best, slope) = (next, there);
        }

        return best;
    }

    private static Slope SlopeAt(ReadOnlySpan<float> network, ReadOnlySpan<float> lexical, IReadOnlyList<int> labels, int classCount, JoiningWeights weights)
    {
        double a = weights.Network - 1, b = weights.Lexical;
        var slope = new Slope { Loss = ((a * a) + (b * b)) / 2, ByNetwork = a, ByLexical = b, NetworkTwice = 1, LexicalTwice = 1 };
        for (int row = 0; row < labels.Count; row++)
        {
            ReadOnlySpan<float> p = network.Slice(row * classCount, classCount), q = lexical.Slice(row * classCount, classCount);
            double[] joined = Joined(p, q, weights);
            double u = 0, v = 0, uu = 0, vv = 0, uv = 0;
            for (int i = 0; i < classCount; i++)
            {
                double logP = Log(p[i]), logQ = Log(q[i]);
                u += joined[i] * logP;
                v += joined[i] * logQ;
                uu += joined[i] * logP * logP;
                vv += joined[i] * logQ * logQ;
                uv += joined[i] * logP * logQ;
            }

            int label = labels[row];
            slope.Loss -= Math.Log(Math.Max(joined[label], Least));
            slope.ByNetwork += u - Log(p[label]);
            slope.ByLexical += v - Log(q[label]);
            slope.NetworkTwice += uu - (u * u);
            slope.LexicalTwice += vv - (v * v);
            slope.Both += uv - (u * v);
        }

        return slope;
    }

    private static double[] Joined(ReadOnlySpan<float> p, ReadOnlySpan<float> q, JoiningWeights weights)
    {
        var joined = new double[p.Length];
        double most = double.NegativeInfinity, sum = 0;
        for (int i = 0; i < joined.Length; i++)
        {
            joined[i] = (weights.Network * Log(p[i])) + (weights.Lexical * Log(q[i]));
            most = Math.Max(most, joined[i]);
        }

        for (int i = 0; i < joined.Length; i++)
        {
            joined[i] = Math.Exp(joined[i] - most);
            sum += joined[i];
        }

        for (int i = 0; i < joined.Length; i++)
        {
            joined[i] /= sum;
        }

        return joined;
    }

    private static double Log(float probability) => Math.Log(Math.Max((double)probability, Least));

    /// <summary>The loss with its first and second derivatives.</summary>
    private sealed class Slope
    {
        public double Loss { get; set; }

        public double ByNetwork { get; set; }

        public double ByLexical { get; set; }

        public double NetworkTwice { get; set; }

        public double LexicalTwice { get; set; }

        public double Both { get; set; }

        public JoiningWeights Step(JoiningWeights from, double part)
        {
            double determinant = (NetworkTwice * LexicalTwice) - (Both * Both);
            double a = from.Network, b = from.Lexical;
            bool held = b == 0 && ByLexical > 0;
            return held || determinant < Curvature
                ? new(Math.Max(0, a - (part * ByNetwork / NetworkTwice)), b)
                : new(
                    Math.Max(0, a - (part * ((LexicalTwice * ByNetwork) - (Both * ByLexical)) / determinant)),
                    Math.Max(0, b - (part * ((NetworkTwice * ByLexical) - (Both * ByNetwork)) / determinant)));
        }
    }
}

/// <summary>How much each of two classifiers counts.</summary>
/// <param name="Network">Of the language model's log-probabilities, at least 0.</param>
/// <param name="Lexical">Of the n-grams', at least 0.</param>
internal sealed record JoiningWeights(double Network, double Lexical)
{
    /// <summary>The language model's probabilities as they are.</summary>
    internal static JoiningWeights NetworkAlone { get; } = new(1, 0);
}
