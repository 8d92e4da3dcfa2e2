using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Tests.Models;

/// <summary>Decoder-only transformers in double-precision loops over one sequence, straight from their papers: an oracle that shares nothing with the library.</summary>
internal sealed class NaiveDecoder(JsonObject config, Dictionary<string, (long[] Shape, double[] Values)> weights)
{
    /// <summary>All hidden states (the last one after the final norm) and the logits, each <c>[L][..]</c>.</summary>
    public (List<double[][]> States, double[][] Logits) Run(int[] ids) => Text("model_type") switch
    {
        "gpt2" => Gpt2(ids),
        "gpt_neox" => NeoX(ids),
        _ => Llama(ids),
    };

    private (List<double[][]> States, double[][] Logits) Gpt2(int[] ids)
    {
        int heads = Int("n_head");
        int size = Int("n_embd") / heads;
        var x = Rows(ids, (id, t) => Add(Row("transformer.wte.weight", id), Row("transformer.wpe.weight", t)));
        return Finish(x, Int("n_layer"), "transformer.ln_f", Flag("tie_word_embeddings", true) ? "transformer.wte" : "lm_head", (layer, input) =>
        {
            string p = $"transformer.h.{layer}.";
            double scale = (Flag("scale_attn_weights", true) ? 1 / Math.Sqrt(size) : 1) / (Flag("scale_attn_by_inverse_layer_idx", false) ? layer + 1 : 1);
            var qkv = Rows(LayerNorm(input, p + "ln_1"), row => Affine(row, p + "attn.c_attn", transposed: true));
            var mixed = Attend(Cut(qkv, 0, heads * size), Cut(qkv, heads * size, heads * size), Cut(qkv, 2 * heads * size, heads * size), heads, heads, scale);
            var middle = Sum(input, Rows(mixed, row => Affine(row, p + "attn.c_proj", transposed: true)));
            var inner = Rows(LayerNorm(middle, p + "ln_2"), row => Each(Affine(row, p + "mlp.c_fc", transposed: true), Gelu(Text("activation_function"))));
            return Sum(middle, Rows(inner, row => Affine(row, p + "mlp.c_proj", transposed: true)));
        });
    }

    private (List<double[][]> States, double[][] Logits) Llama(int[] ids)
    {
        int heads = Int("num_attention_heads");
        int keyHeads = Int("num_key_value_heads");
        int size = (int?)config["head_dim"] ?? (Text("model_type") == "qwen3" ? 128 : Int("hidden_size") / heads);
        var turn = Turner(size, size);
        double[][] Positions(double[][] x, string norm) => [.. x.Select((row, t) => PerHead(row, size, head => turn(weights.ContainsKey(norm + ".weight") ? Rms(head, norm) : head, t)))];
        var embedded = Rows(ids, (id, _) => Row("model.embed_tokens.weight", id));
        return Finish(embedded, Int("num_hidden_layers"), "model.norm", Flag("tie_word_embeddings", false) ? "model.embed_tokens" : "lm_head", (layer, input) =>
        {
            string p = $"model.layers.{layer}.";
            var normed = Rows(input, row => Rms(row, p + "input_layernorm"));
            var q = Positions(Rows(normed, row => Affine(row, p + "self_attn.q_proj")), p + "self_attn.q_norm");
            var k = Positions(Rows(normed, row => Affine(row, p + "self_attn.k_proj")), p + "self_attn.k_norm");
            var v = Rows(normed, row => Affine(row, p + "self_attn.v_proj"));
            var middle = Sum(input, Rows(Attend(q, k, v, heads, keyHeads, 1 / Math.Sqrt(size)), row => Affine(row, p + "self_attn.o_proj")));
            return Sum(middle, Rows(middle, row =>
            {
                var n = Rms(row, p + "post_attention_layernorm");
                var gate = Each(Affine(n, p + "mlp.gate_proj"), z => z / (1 + Math.Exp(-z)));
                return Affine([.. gate.Zip(Affine(n, p + "mlp.up_proj"), (a, b) => a * b)], p + "mlp.down_proj");
            }));
        });
    }

    private (List<double[][]> States, double[][] Logits) NeoX(int[] ids)
    {
        int heads = Int("num_attention_heads");
        int size = Int("hidden_size") / heads;
        var turn = Turner((int)(size * ((double?)Rotary("partial_rotary_factor") ?? (double)config["rotary_pct"]!)), size);
        var embedded = Rows(ids, (id, _) => Row("gpt_neox.embed_in.weight", id));
        return Finish(embedded, Int("num_hidden_layers"), "gpt_neox.final_layer_norm", Flag("tie_word_embeddings", false) ? "gpt_neox.embed_in" : "embed_out", (layer, input) =>
        {
            string p = $"gpt_neox.layers.{layer}.";
            var qkv = Rows(LayerNorm(input, p + "input_layernorm"), row => Affine(row, p + "attention.query_key_value"));
            double[][] Part(int which) => Rows(qkv, row => [.. Enumerable.Range(0, heads).SelectMany(h => row.Skip((h * 3 * size) + (which * size)).Take(size))]);
            double[][] Turned(double[][] x) => [.. x.Select((row, t) => PerHead(row, size, head => turn(head, t)))];
            var mixed = Attend(Turned(Part(0)), Turned(Part(1)), Part(2), heads, heads, 1 / Math.Sqrt(size));
            var middle = Sum(input, Rows(mixed, row => Affine(row, p + "attention.dense")));
            var looked = Flag("use_parallel_residual", true) ? input : middle;
            var inner = Rows(LayerNorm(looked, p + "post_attention_layernorm"), row => Each(Affine(row, p + "mlp.dense_h_to_4h"), Gelu(Text("hidden_act"))));
            return Sum(middle, Rows(inner, row => Affine(row, p + "mlp.dense_4h_to_h")));
        });
    }

    private (List<double[][]> States, double[][] Logits) Finish(double[][] x, int layers, string norm, string head, Func<int, double[][], double[][]> block)
    {
        var states = new List<double[][]> { x };
        for (int layer = 0; layer < layers; layer++)
        {
            states.Add(block(layer, states[^1]));
        }

        states[^1] = weights.ContainsKey(norm + ".bias") ? LayerNorm(states[^1], norm) : Rows(states[^1], row => Rms(row, norm));
        return (states, Rows(states[^1], row => Affine(row, head)));
    }

    private static double[][] Attend(double[][] q, double[][] k, double[][] v, int heads, int keyHeads, double scale)
    {
        int size = q[0].Length / heads;
        return [.. q.Select((row, t) => Enumerable.Range(0, heads).SelectMany(h =>
        {
            int kh = h / (heads / keyHeads);
            var scores = Enumerable.Range(0, t + 1).Select(s => scale * Enumerable.Range(0, size).Sum(i => row[(h * size) + i] * k[s][(kh * size) + i])).ToArray();
            var odds = scores.Select(z => Math.Exp(z - scores.Max())).ToArray();
            return Enumerable.Range(0, size).Select(i => odds.Select((o, s) => o * v[s][(kh * size) + i]).Sum() / odds.Sum());
        }).ToArray())];
    }

    // Turns each pair (i, i + dimensions / 2) by position * frequency.
    private Func<double[], int, double[]> Turner(int dimensions, int size) => (head, position) =>
    {
        var turned = (double[])head.Clone();
        for (int i = 0; i < dimensions / 2; i++)
        {
            double angle = position * Stretched(Math.Pow((double?)(Rotary("rope_theta") ?? config["rope_theta"] ?? config["rotary_emb_base"]) ?? 10000, -2.0 * i / dimensions));
            turned[i] = (head[i] * Math.Cos(angle)) - (head[i + (dimensions / 2)] * Math.Sin(angle));
            turned[i + (dimensions / 2)] = (head[i + (dimensions / 2)] * Math.Cos(angle)) + (head[i] * Math.Sin(angle));
        }

        Assert.Equal(size, head.Length);
        return turned;
    };

    // Llama 3.1: by wavelength against the original context.
    private double Stretched(double frequency)
    {
        if ((config["rope_scaling"] ?? config["rope_parameters"]) is not JsonObject scaling || scaling["factor"] is null)
        {
            return frequency;
        }

        double factor = (double)scaling["factor"]!;
        double low = (double)scaling["low_freq_factor"]!;
        double high = (double)scaling["high_freq_factor"]!;
        double old = (double)scaling["original_max_position_embeddings"]!;
        double wavelength = 2 * Math.PI / frequency;
        if (wavelength < old / high)
        {
            return frequency;
        }

        if (wavelength > old / low)
        {
            return frequency / factor;
        }

        double smooth = ((old / wavelength) - low) / (high - low);
        return ((1 - smooth) * frequency / factor) + (smooth * frequency);
    }

    private double[][] LayerNorm(double[][] x, string name) => Rows(x, row =>
    {
        double epsilon = (double?)(config["layer_norm_epsilon"] ?? config["layer_norm_eps"]) ?? 1e-5;
        double mean = row.Average();
        double variance = row.Average(z => (z - mean) * (z - mean));
        return [.. row.Select((z, i) => ((z - mean) / Math.Sqrt(variance + epsilon) * weights[name + ".weight"].Values[i]) + weights[name + ".bias"].Values[i])];
    });

    private double[] Rms(double[] row, string name)
    {
        double scale = 1 / Math.Sqrt(row.Average(z => z * z) + (double)config["rms_norm_eps"]!);
        return [.. row.Select((z, i) => z * scale * weights[name + ".weight"].Values[i])];
    }

    private double[] Affine(double[] row, string name, bool transposed = false)
    {
        var (shape, w) = weights[name + ".weight"];
        double[]? bias = weights.TryGetValue(name + ".bias", out var b) ? b.Values : null;
        int outputs = (int)shape[transposed ? 1 : 0];
        return [.. Enumerable.Range(0, outputs).Select(o => (bias?[o] ?? 0) + row.Select((z, i) => z * (transposed ? w[(i * outputs) + o] : w[(o * row.Length) + i])).Sum())];
    }

    private double[] Row(string name, int row)
    {
        int width = (int)weights[name].Shape[1];
        return weights[name].Values[(row * width)..((row + 1) * width)];
    }

    private static Func<double, double> Gelu(string name) => name == "gelu"
        ? z => 0.5 * z * (1 + Erf(z / Math.Sqrt(2)))
        : z => 0.5 * z * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (z + (0.044715 * z * z * z))));

    // The series of erf without alternating signs, whose terms therefore never cancel; beyond 6 it is 1 in double precision.
    private static double Erf(double z)
    {
        if (Math.Abs(z) > 6)
        {
            return Math.Sign(z);
        }

        double term = z;
        double sum = z;
        for (int n = 1; n < 200; n++)
        {
            term *= 2 * z * z / ((2 * n) + 1);
            sum += term;
        }

        return sum * Math.Exp(-z * z) * 2 / Math.Sqrt(Math.PI);
    }

    private static double[] PerHead(double[] row, int size, Func<double[], double[]> change) => [.. row.Chunk(size).SelectMany(change)];

    private static double[] Each(double[] row, Func<double, double> change) => [.. row.Select(change)];

    private static double[] Add(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x + y)];

    private static double[][] Sum(double[][] a, double[][] b) => [.. a.Zip(b, Add)];

    private static double[][] Cut(double[][] x, int start, int count) => Rows(x, row => row[start..(start + count)]);

    private static double[][] Rows(double[][] x, Func<double[], double[]> change) => [.. x.Select(change)];

    private static double[][] Rows(int[] ids, Func<int, int, double[]> make) => [.. ids.Select(make)];

    // What newer files keep in a section of its own.
    private JsonNode? Rotary(string key) => config["rope_parameters"]?[key];

    private int Int(string key) => (int)config[key]!;

    private string Text(string key) => (string)config[key]!;

    private bool Flag(string key, bool otherwise) => (bool?)config[key] ?? otherwise;
}
