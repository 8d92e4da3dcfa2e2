using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Examples.DistilTinySentences;

/// <summary>Makes the network that learns: BERT's, small, with the teacher's vocabulary and none of its weights.</summary>
internal static class Student
{
    private static readonly string[] TokenizerFiles = ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt"];

    /// <summary>Makes it in a folder and loads it.</summary>
    /// <param name="teacherDirectory">Where the tokenizer's files lie.</param>
    /// <param name="embeddings">What each token is at first, <c>[V, F]</c>.</param>
    /// <param name="seed">Of the other weights.</param>
    public static PretrainedLanguageModel Create(string teacherDirectory, Tensor embeddings, int seed)
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            foreach (string file in TokenizerFiles.Where(file => File.Exists(Path.Combine(teacherDirectory, file))))
            {
                File.Copy(Path.Combine(teacherDirectory, file), Path.Combine(folder, file));
            }

            File.WriteAllText(Path.Combine(folder, "config.json"), Config(embeddings.shape[0]).ToJsonString());
            using (FileStream weights = File.Create(Path.Combine(folder, "model.safetensors")))
            {
                using var scope = NewDisposeScope();
                SafetensorsWriter.Write(weights, Weights(embeddings, seed));
            }

            // The tokenizer is read when it is asked for first, and the folder does not stay.
            var model = PretrainedLanguageModel.Load(ModelSource.FromDirectory(folder));
            return model.Tokenizer.VocabularySize > 0 ? model : throw new InvalidOperationException("The teacher's tokenizer has no tokens.");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static JsonObject Config(long vocabulary) => new()
    {
        ["architectures"] = new JsonArray("BertModel"),
        ["model_type"] = "bert",
        ["hidden_act"] = "gelu",
        ["hidden_dropout_prob"] = 0.1,
        ["attention_probs_dropout_prob"] = 0.1,
        ["hidden_size"] = Recipe.Features,
        ["intermediate_size"] = Recipe.MlpWidth,
        ["num_attention_heads"] = Recipe.Heads,
        ["num_hidden_layers"] = Recipe.Layers,
        ["max_position_embeddings"] = Recipe.ContextLength,
        ["initializer_range"] = 0.02,
        ["layer_norm_eps"] = 1e-12,
        ["pad_token_id"] = 0,
        ["type_vocab_size"] = 2,
        ["vocab_size"] = vocabulary,
    };

    /// <summary>Residual branches end in zeros: at first the network is its embeddings.</summary>
    private static IEnumerable<KeyValuePair<string, Tensor>> Weights(Tensor embeddings, int seed)
    {
        var generator = new Generator((ulong)seed, CPU);
        Tensor Random(long outputs, long inputs) => randn(outputs, inputs, generator: generator).mul(0.02);
        yield return new("embeddings.word_embeddings.weight", embeddings);
        yield return new("embeddings.position_embeddings.weight", zeros(Recipe.ContextLength, Recipe.Features));
        yield return new("embeddings.token_type_embeddings.weight", zeros(2, Recipe.Features));
        foreach (var norm in Norm("embeddings.LayerNorm"))
        {
            yield return norm;
        }

        for (int layer = 0; layer < Recipe.Layers; layer++)
        {
            string name = FormattableString.Invariant($"encoder.layer.{layer}.");
            foreach (string product in new[] { "query", "key", "value" })
            {
                yield return new($"{name}attention.self.{product}.weight", Random(Recipe.Features, Recipe.Features));
                yield return new($"{name}attention.self.{product}.bias", zeros(Recipe.Features));
            }

            yield return new($"{name}attention.output.dense.weight", zeros(Recipe.Features, Recipe.Features));
            yield return new($"{name}attention.output.dense.bias", zeros(Recipe.Features));
            yield return new($"{name}intermediate.dense.weight", Random(Recipe.MlpWidth, Recipe.Features));
            yield return new($"{name}intermediate.dense.bias", zeros(Recipe.MlpWidth));
            yield return new($"{name}output.dense.weight", zeros(Recipe.Features, Recipe.MlpWidth));
            yield return new($"{name}output.dense.bias", zeros(Recipe.Features));
            foreach (var norm in Norm($"{name}attention.output.LayerNorm").Concat(Norm($"{name}output.LayerNorm")))
            {
                yield return norm;
            }
        }
    }

    private static IEnumerable<KeyValuePair<string, Tensor>> Norm(string name) => [new($"{name}.weight", ones(Recipe.Features)), new($"{name}.bias", zeros(Recipe.Features))];
}
