using MLNet.Dispersion.Tests.Weights;
using MLNet.Dispersion.Tests.Tokenization;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Models;

/// <summary>A GPT-2 of a few hundred weights as files in memory, to be damaged in every way.</summary>
internal static class SmallCheckpoint
{
    public const string Config = """
        {
          "model_type": "gpt2", "vocab_size": 11, "n_positions": 6, "n_embd": 4, "n_layer": 2, "n_head": 2,
          "bos_token_id": null, "eos_token_id": [3, 4], "architectures": ["GPT2Model"], "torch_dtype": "bfloat16", "some_key": {"kept": [1, "é"]}
        }
        """;

    /// <summary>Its weights by name, in the current dispose scope.</summary>
    public static Dictionary<string, Tensor> Weights(ulong seed = 1, string config = Config)
    {
        using var generator = new Generator(seed);
        using var backbone = BackboneRegistry.Create(config, generator);
        return backbone.named_parameters().ToDictionary(p => p.name, p => p.parameter.detach().clone());
    }

    /// <summary>Its files, after the weights were changed.</summary>
    public static MemorySource Files(Action<Dictionary<string, Tensor>>? change = null, string config = Config)
    {
        using var scope = NewDisposeScope();
        var weights = Weights(config: config);
        change?.Invoke(weights);
        var files = MemorySource.Of(("config.json", config));
        files["model.safetensors"] = SafetensorsBytes.Write(weights);
        return files;
    }

    /// <summary>The same weights in two files with an index, written by hand.</summary>
    public static MemorySource Shards()
    {
        using var scope = NewDisposeScope();
        var weights = Weights();
        var first = weights.Take(5).ToList();
        var files = MemorySource.Of(("config.json", Config), ("model.safetensors.index.json", Index(weights.Keys, first.Select(p => p.Key))));
        files["a.safetensors"] = SafetensorsBytes.Write(first);
        files["b.safetensors"] = SafetensorsBytes.Write(weights.Skip(5));
        return files;
    }

    /// <summary>An index that puts the given tensors into the first file.</summary>
    public static string Index(IEnumerable<string> all, IEnumerable<string> first)
    {
        var inFirst = first.ToHashSet();
        string map = string.Join(",", all.Select(name => $"\"{name}\":\"{(inFirst.Contains(name) ? 'a' : 'b')}.safetensors\""));
        return $$$"""{"metadata":{"total_size":1},"weight_map":{{{{map}}}}}""";
    }
}
