namespace MLNet.Dispersion.Examples.PaperInMiniature;

/// <summary>
/// How condensed a GPT-2 of random weights is, followed through its blocks by two numbers: the power of a hidden state (its mean square a feature) and what two tokens have in common of it.
/// docs/what-is-condensation.md derives it.
/// </summary>
internal static class ConeTheory
{
    private const int QuadraturePoints = 81;
    private const double QuadratureEnd = 5;

    private static readonly (double X, double Weight)[] Normal = MakeNormal();

    /// <summary>The last layer's mean cosine, diagonal included.</summary>
    /// <param name="shape">The shape.</param>
    /// <param name="width">Its MLP width.</param>
    /// <param name="embeddingCosine">The mean cosine between different tokens of the embeddings: tokens that occur twice.</param>
    public static double LastCosine(InitialShape shape, int width, double embeddingCosine)
    {
        double variance = shape.InitializerRange * shape.InitializerRange;
        double projected = shape.Features * variance;                       // of a projection of a normalised state, a feature
        double residual = variance / (2 * shape.Layers);                    // of the weights that write to the residual stream
        double attention = shape.Features * residual * projected;
        double mlp = width * residual;
        double ownMean = Enumerable.Range(1, shape.Tokens).Average(t => 1.0 / t);
        double pairMean = Enumerable.Range(1, shape.Tokens).Sum(t => ((2.0 * t) - 1) / t) / shape.Tokens / shape.Tokens;
        double power = 2 * variance, common = embeddingCosine * power;      // a token's embedding and its position's
        for (int block = 0; block < shape.Layers; block++)
        {
            double cosine = common / power;
            power += attention * (cosine + ((1 - cosine) * ownMean));
            common += attention * (cosine + ((1 - cosine) * pairMean));
            cosine = common / power;
            power += mlp * Product(projected, 1);
            common += mlp * Product(projected, cosine);
        }

        double last = common / power;
        return last + ((1 - last) / shape.Tokens);
    }

    /// <summary>The mean of gelu(x) gelu(y) of normal x and y of a variance, with a correlation.</summary>
    private static double Product(double variance, double correlation)
    {
        double deviation = Math.Sqrt(variance), rest = Math.Sqrt(Math.Max(0, 1 - (correlation * correlation)));
        return Normal.Sum(x => x.Weight * Gelu(deviation * x.X) * (rest == 0
            ? Gelu(deviation * correlation * x.X)
            : Normal.Sum(y => y.Weight * Gelu(deviation * ((correlation * x.X) + (rest * y.X))))));
    }

    private static double Gelu(double x) => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))));

    private static (double X, double Weight)[] MakeNormal()
    {
        double[] xs = [.. Enumerable.Range(0, QuadraturePoints).Select(i => QuadratureEnd * ((2.0 * i / (QuadraturePoints - 1)) - 1))];
        double sum = xs.Sum(x => Math.Exp(-x * x / 2));
        return [.. xs.Select(x => (x, Math.Exp(-x * x / 2) / sum))];
    }
}
