using TorchSharp.Modules;

namespace MLNet.Dispersion.Tests.Models;

/// <summary>BERT in double-precision loops over one sequence, straight from its paper.</summary>
internal sealed class NaiveEncoder(Dictionary<string, Parameter> parameters, int heads, int layers, string activation)
{
    private readonly Dictionary<string, double[]> _weights = parameters.ToDictionary(p => p.Key, p => p.Value.data<float>().Select(value => (double)value).ToArray());

    /// <summary>Embeddings and block outputs, each <c>[L][F]</c>.</summary>
    public List<double[][]> Run(int[] ids, int[] types)
    {
        double[][] x = [.. ids.Select((id, t) => Norm(
            [.. Row("embeddings.word_embeddings.weight", id).Zip(Row("embeddings.position_embeddings.weight", t), Row("embeddings.token_type_embeddings.weight", types[t])).Select(z => z.First + z.Second + z.Third)],
            "embeddings.LayerNorm"))];
        List<double[][]> states = [x];
        for (int layer = 0; layer < layers; layer++)
        {
            string p = $"encoder.layer.{layer}.";
            double[][] mixed = Attend(x, p + "attention.self.");
            double[][] middle = [.. mixed.Select((row, t) => Norm(Sum(Affine(row, p + "attention.output.dense"), x[t]), p + "attention.output.LayerNorm"))];
            x = [.. middle.Select(row => Norm(Sum(Affine([.. Affine(row, p + "intermediate.dense").Select(Activate)], p + "output.dense"), row), p + "output.LayerNorm"))];
            states.Add(x);
        }

        return states;
    }

    private double[][] Attend(double[][] x, string p)
    {
        double[][] q = [.. x.Select(row => Affine(row, p + "query"))];
        double[][] k = [.. x.Select(row => Affine(row, p + "key"))];
        double[][] v = [.. x.Select(row => Affine(row, p + "value"))];
        int size = q[0].Length / heads;
        return [.. q.Select(query =>
        {
            var result = new double[query.Length];
            for (int head = 0; head < heads; head++)
            {
                int from = head * size;
                double[] scores = [.. k.Select(key => Enumerable.Range(from, size).Sum(i => query[i] * key[i]) / Math.Sqrt(size))];
                double[] shares = [.. scores.Select(score => Math.Exp(score - scores.Max()))];
                for (int i = from; i < from + size; i++)
                {
                    result[i] = shares.Select((share, t) => share * v[t][i]).Sum() / shares.Sum();
                }
            }

            return result;
        })];
    }

    private double Activate(double z) => activation == "gelu"
        ? z / 2 * (1 + Erf(z / Math.Sqrt(2)))
        : z / 2 * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (z + (0.044715 * z * z * z))));

    // The Maclaurin series, and its limit where that would cancel.
    private static double Erf(double x)
    {
        if (Math.Abs(x) > 5)
        {
            return Math.Sign(x);
        }

        double term = x;
        double sum = x;
        for (int n = 1; n < 200; n++)
        {
            term *= -x * x / n;
            sum += term / ((2 * n) + 1);
        }

        return 2 / Math.Sqrt(Math.PI) * sum;
    }

    private double[] Norm(double[] x, string name)
    {
        double mean = x.Average();
        double deviation = Math.Sqrt(x.Average(value => (value - mean) * (value - mean)) + 1e-12);
        return [.. x.Select((value, i) => ((value - mean) / deviation * _weights[name + ".weight"][i]) + _weights[name + ".bias"][i])];
    }

    private double[] Affine(double[] x, string name)
    {
        double[] bias = _weights[name + ".bias"];
        double[] weight = _weights[name + ".weight"];
        return [.. bias.Select((b, o) => b + x.Select((value, i) => value * weight[(o * x.Length) + i]).Sum())];
    }

    private double[] Row(string name, int row)
    {
        int width = _weights["embeddings.LayerNorm.bias"].Length;
        return _weights[name][(row * width)..((row + 1) * width)];
    }

    private static double[] Sum(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x + y)];
}
