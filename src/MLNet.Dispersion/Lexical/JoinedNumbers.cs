namespace MLNet.Dispersion;

/// <summary>Two regressors' numbers joined into one: m + a (x - m) + b z, z being around 0. Pure functions.</summary>
internal static class JoinedNumbers
{
    /// <summary>Joins numbers.</summary>
    /// <param name="network">x, written over.</param>
    /// <param name="lexical">z.</param>
    /// <param name="mean">m.</param>
    /// <param name="weights">a and b.</param>
    internal static void Join(Span<float> network, ReadOnlySpan<float> lexical, double mean, JoiningWeights weights)
    {
        for (int row = 0; row < network.Length; row++)
        {
            network[row] = (float)(mean + (weights.Network * (network[row] - mean)) + (weights.Lexical * lexical[row]));
        }
    }

    /// <summary>Finds the weights, neither of them below 0, with the least squared error of rows that neither regressor has seen. One more row's worth speaks for the network alone.</summary>
    /// <param name="network">x of those rows.</param>
    /// <param name="lexical">z.</param>
    /// <param name="labels">The right numbers.</param>
    /// <param name="mean">m.</param>
    internal static JoiningWeights Fit(IReadOnlyList<float> network, IReadOnlyList<float> lexical, IReadOnlyList<float> labels, double mean)
    {
        double nn = 0, nl = 0, ll = 0, ny = 0, ly = 0, yy = 0;
        for (int row = 0; row < labels.Count; row++)
        {
            double n = network[row] - mean, l = lexical[row], y = labels[row] - mean;
            (nn, nl, ll, ny, ly, yy) = (nn + (n * n), nl + (n * l), ll + (l * l), ny + (n * y), ly + (l * y), yy + (y * y));
        }

        double one = yy / labels.Count;
        (nn, ll, ny) = (nn + one, ll + one, ny + one);
        double determinant = (nn * ll) - (nl * nl), a = ((ny * ll) - (ly * nl)) / determinant, b = ((ly * nn) - (ny * nl)) / determinant;
        return b < 0 ? new(Math.Max(0, ny / nn), 0) : a < 0 ? new(0, Math.Max(0, ly / ll)) : new(a, b);
    }
}
