namespace MLNet.Dispersion.Tests.Models.OwnFamily;

/// <summary>The family's arithmetic in double-precision loops over one sequence; it shares nothing with the library.</summary>
internal sealed class NaiveTinyTest(IReadOnlyDictionary<string, (long[] Shape, double[] Values)> weights, int heads, int keyHeads, double wordFactor, double branchFactor, double logitFactor)
{
    private const double Epsilon = 1e-5;

    /// <summary>The final norm's output and the logits, each <c>[L][..]</c>.</summary>
    public (double[][] States, double[][] Logits) Run(int[] ids)
    {
        double[][] x = [.. ids.Select(id => LayerNorm([.. Row("tiny.words", id).Select(z => z * wordFactor)], "tiny.words_norm"))];
        for (int floor = 0; weights.ContainsKey($"tiny.floors.{floor}.look.q.weight"); floor++)
        {
            x = Floor(x, $"tiny.floors.{floor}.");
        }

        x = [.. x.Select(row => Rms(row, "tiny.last_norm"))];
        bool isTied = !weights.ContainsKey("speak.weight");
        return (x, [.. x.Select(row => Head(row, isTied ? "tiny.words" : "speak"))]);
    }

    private double[][] Floor(double[][] x, string p)
    {
        double[][] normed = [.. x.Select(row => Rms(row, p + "look.norm"))];
        double[][] q = [.. normed.Select((row, t) => Turn(Affine(row, p + "look.q"), heads, p + "look.q_norm", t))];
        double[][] k = [.. normed.Select((row, t) => Turn(Affine(row, p + "look.k"), keyHeads, p + "look.k_norm", t))];
        double[][] v = [.. normed.Select(row => Affine(row, p + "look.v"))];
        int size = x[0].Length / heads;
        var result = new double[x.Length][];
        for (int t = 0; t < x.Length; t++)
        {
            var mixed = new double[x[0].Length];
            for (int h = 0; h < heads; h++)
            {
                int kh = h * keyHeads / heads;
                double[] odds = [.. Enumerable.Range(0, t + 1).Select(s => Math.Exp(Enumerable.Range(0, size).Sum(i => q[t][(h * size) + i] * k[s][(kh * size) + i]) / Math.Sqrt(size)))];
                for (int i = 0; i < size; i++)
                {
                    mixed[(h * size) + i] = odds.Select((odd, s) => odd * v[s][(kh * size) + i]).Sum() / odds.Sum();
                }
            }

            double[] looked = Affine(mixed, p + "look.out");
            double[] n = Rms(x[t], p + "think.norm");
            double[] gate = [.. Affine(n, p + "think.gate").Select(z => 0.5 * z * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (z + (0.044715 * z * z * z)))))];
            double[] thought = Affine([.. gate.Zip(Affine(n, p + "think.up"), (a, b) => a * b)], p + "think.down");
            result[t] = [.. x[t].Select((z, i) => z + (branchFactor * looked[i]) + (branchFactor * thought[i]))];
        }

        return result;
    }

    // The first half of each head's features is turned, in pairs (i, i + a quarter of the head).
    private double[] Turn(double[] row, int count, string norm, int position)
    {
        int size = row.Length / count;
        var turned = new List<double>();
        foreach (double[] head in row.Chunk(size))
        {
            double[] from = Rms(head, norm);
            var to = (double[])from.Clone();
            for (int i = 0; i < size / 4; i++)
            {
                double angle = position * Math.Pow(100, -2.0 * i / (size / 2));
                to[i] = (from[i] * Math.Cos(angle)) - (from[i + (size / 4)] * Math.Sin(angle));
                to[i + (size / 4)] = (from[i + (size / 4)] * Math.Cos(angle)) + (from[i] * Math.Sin(angle));
            }

            turned.AddRange(to);
        }

        return [.. turned];
    }

    private double[] LayerNorm(double[] row, string name)
    {
        double mean = row.Average();
        double deviation = Math.Sqrt(row.Average(z => (z - mean) * (z - mean)) + Epsilon);
        return [.. row.Select((z, i) => ((z - mean) / deviation * weights[name + ".weight"].Values[i]) + weights[name + ".bias"].Values[i])];
    }

    private double[] Rms(double[] row, string name)
    {
        double size = Math.Sqrt(row.Average(z => z * z) + Epsilon);
        return [.. row.Select((z, i) => z / size * weights[name + ".weight"].Values[i])];
    }

    // Weights [in, out], as the family stores them.
    private double[] Affine(double[] row, string name)
    {
        var (shape, w) = weights[name + ".weight"];
        double[]? bias = weights.TryGetValue(name + ".bias", out var b) ? b.Values : null;
        int outputs = (int)shape[1];
        return [.. Enumerable.Range(0, outputs).Select(o => (bias?[o] ?? 0) + row.Select((z, i) => z * w[(i * outputs) + o]).Sum())];
    }

    // [V, F], like a table of embeddings.
    private double[] Head(double[] row, string name)
    {
        double[] w = weights[name + ".weight"].Values;
        return [.. Enumerable.Range(0, w.Length / row.Length).Select(o => logitFactor * row.Select((z, i) => z * w[(o * row.Length) + i]).Sum())];
    }

    private double[] Row(string name, int row)
    {
        int width = (int)weights[name + ".weight"].Shape[1];
        return weights[name + ".weight"].Values[(row * width)..((row + 1) * width)];
    }
}
