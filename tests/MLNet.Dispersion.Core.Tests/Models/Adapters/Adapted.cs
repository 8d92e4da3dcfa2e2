using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Models.Adapters;

/// <summary>Small backbones of every family, with adapters whose B is not zero.</summary>
internal static class Adapted
{
    public static readonly string[] Families = ["gpt2", "llama", "qwen3", "gpt_neox"];

    public static TheoryData<string> Each => [.. Families];

    public static string Config(string family) => family switch
    {
        "gpt2" => TinyConfigs.Merge(TinyConfigs.Gpt2, "\"initializer_range\": 0.3, \"attn_pdrop\": 0, \"embd_pdrop\": 0, \"resid_pdrop\": 0"),
        "llama" => TinyConfigs.Merge(TinyConfigs.Llama, "\"initializer_range\": 0.3"),
        "qwen3" => TinyConfigs.Merge(TinyConfigs.Llama, "\"initializer_range\": 0.3, \"model_type\": \"qwen3\", \"head_dim\": 4, \"tie_word_embeddings\": true"),
        _ => TinyConfigs.Merge(TinyConfigs.NeoX, "\"initializer_range\": 0.3"),
    } is { } config ? config.ToJsonString() : "";

    /// <summary>All layers of one kind and the default ones.</summary>
    public static string[] Targets(string family) => family switch
    {
        "gpt2" => ["c_attn", "mlp.c_proj"],
        "gpt_neox" => ["query_key_value", "dense_4h_to_h"],
        _ => ["q_proj", "v_proj", "down_proj"],
    };

    public static LanguageBackbone Backbone(string family, ulong seed = 4)
    {
        using var generator = new Generator(seed, CPU);
        return BackboneRegistry.Create(Config(family), generator);
    }

    public static LoraAdapter Attach(LanguageBackbone backbone, LoraOptions options, ulong seed = 9)
    {
        using var generator = new Generator(seed, CPU);
        using var noGradient = no_grad();
        var adapter = LoraAdapter.Create(backbone, options, generator);
        foreach (AdaptedModule module in adapter.Modules)
        {
            module.Update.Up.uniform_(-0.4, 0.4, generator);
        }

        adapter.Attach();
        return adapter;
    }

    /// <summary>Four rows of eight tokens.</summary>
    public static Tensor Ids() => tensor([.. Enumerable.Range(0, 32).Select(i => (long)(i * i % 13))], [4, 8]);

    public static Tensor Logits(LanguageBackbone backbone) => backbone.Logits(backbone.Forward(Ids(), null, HiddenStateSelection.None).LastHiddenState);

    /// <summary>W + s B A by loops in float64, W as stored.</summary>
    public static float[,] NaiveMerged(AdaptedModule module, double scale)
    {
        float[] weight = module.Layer.Weight.data<float>().ToArray();
        float[] down = module.Update.Down.data<float>().ToArray();
        float[] up = module.Update.Up.data<float>().ToArray();
        int inputs = (int)module.Layer.Inputs, outputs = (int)module.Layer.Outputs, rank = down.Length / inputs;
        bool first = module.Layer.InputsFirst;
        var merged = new float[first ? inputs : outputs, first ? outputs : inputs];
        for (int o = 0; o < outputs; o++)
        {
            for (int i = 0; i < inputs; i++)
            {
                double sum = 0;
                for (int r = 0; r < rank; r++)
                {
                    sum += (double)up[(o * rank) + r] * down[(r * inputs) + i];
                }

                double value = weight[first ? (i * outputs) + o : (o * inputs) + i] + (scale * sum);
                merged[first ? i : o, first ? o : i] = (float)value;
            }
        }

        return merged;
    }

    public static double Largest(Tensor values) => values.abs().max().to(ScalarType.Float64).item<double>();
}
