using System.Text.Json;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Models;

public sealed class BertBackboneTests
{
    [Theory]
    [InlineData("gelu")]
    [InlineData("gelu_new")]
    public void Forward_RandomWeights_EqualsNaiveLoops(string activation)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var generator = new Generator(5);
        using var backbone = BackboneRegistry.Create(TinyBert.Config.Replace("\"gelu\"", $"\"{activation}\"", StringComparison.Ordinal), generator);
        Shake(backbone, generator);
        int[][] ids = [[2, 7, 9, 3, 8, 3], [2, 5, 3]];
        int[][] types = [[0, 0, 0, 0, 1, 1], [0, 0, 0]];
        var naive = new NaiveEncoder(backbone.named_parameters().ToDictionary(p => p.name, p => p.parameter), heads: 2, layers: 2, activation);

        var output = backbone.Forward(Padded(ids), tensor(new[,] { { true, true, true, true, true, true }, { true, true, true, false, false, false } }), Padded(types), HiddenStateSelection.All);

        for (int row = 0; row < 2; row++)
        {
            List<double[][]> states = naive.Run(ids[row], types[row]);
            for (int layer = 0; layer < 3; layer++)
            {
                float[] actual = output.HiddenStates[layer]!.select(0, row).narrow(0, 0, ids[row].Length).contiguous().data<float>().ToArray();
                double error = states[layer].SelectMany(state => state).Zip(actual, (a, b) => Math.Abs(a - b)).Max();
                Assert.True(error < 1e-5, $"row {row}, layer {layer}: {error}");
            }
        }
    }

    [Theory]
    [InlineData(ScalarType.Float32, 2e-6)]
    [InlineData(ScalarType.BFloat16, 3e-2)]
    public void Forward_PaddedRow_EqualsTheRowAlone(ScalarType type, double tolerance)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var backbone = Load(TinyBert.WholeDirectory);
        backbone.ComputeType = type;
        var alone = backbone.Forward(tensor(new long[,] { { 2, 5, 9, 3 } }), null, HiddenStateSelection.None).LastHiddenState;

        var mask = tensor(new[,] { { true, true, true, true, false, false }, { true, true, true, true, true, true } });
        var batch = backbone.Forward(tensor(new long[,] { { 2, 5, 9, 3, 7, 8 }, { 2, 7, 7, 7, 7, 3 } }), mask, HiddenStateSelection.None).LastHiddenState;

        Assert.True(Error(batch.narrow(0, 0, 1).narrow(1, 0, 4), alone) <= tolerance);
        Assert.Equal(ScalarType.Float32, alone.dtype);
    }

    [Fact]
    public void Forward_Dropout_KeepsTheMeanAndPadsOut()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var backbone = Load(TinyBert.WholeDirectory);
        using var generator = new Generator(3);
        var ids = tensor(new long[,] { { 2, 5, 9, 3 } });
        var still = backbone.Forward(ids, null, HiddenStateSelection.None).LastHiddenState;
        backbone.train();
        backbone.DropoutGenerator = generator;
        backbone.DropoutProbability = 1e-9;

        Assert.True(Error(backbone.Forward(ids, null, HiddenStateSelection.None).LastHiddenState, still) < 2e-6);
        backbone.DropoutProbability = 0.5;
        Assert.True(Error(backbone.Forward(ids, null, HiddenStateSelection.None).LastHiddenState, still) > 1e-2);
    }

    [Fact]
    public void Backward_ActivationCheckpointing_GivesTheSameGradients()
    {
        using var scope = NewDisposeScope();
        using var backbone = Load(TinyBert.WholeDirectory);
        backbone.train();
        float[] plain = Gradient(false);

        Assert.Equal(plain, Gradient(true));

        float[] Gradient(bool checkpointing)
        {
            backbone.ActivationCheckpointing = checkpointing;
            backbone.zero_grad();
            var mask = tensor(new[,] { { true, true, true, false }, { true, true, true, true } });
            backbone.Forward(tensor(new long[,] { { 2, 5, 3, 0 }, { 2, 9, 7, 3 } }), mask, HiddenStateSelection.None).LastHiddenState.pow(2).mean().backward();
            return backbone.named_parameters().First(p => p.name == "encoder.layer.0.attention.self.query.weight").parameter.grad!.data<float>().ToArray();
        }
    }

    [Fact]
    public void Load_MaskedLanguageModelNames_AreTheSameWeightsWithoutPooler()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var backbone = Load(TinyBert.WholeDirectory);
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "config.json"), TinyBert.Config);
            KeyValuePair<string, Tensor>[] weights =
            [
                .. backbone.named_parameters().Where(p => !p.name.StartsWith("pooler", StringComparison.Ordinal)).Select(p => KeyValuePair.Create(OldName(p.name), (Tensor)p.parameter)),
                KeyValuePair.Create("cls.predictions.bias", zeros(3)),
                KeyValuePair.Create("bert.embeddings.position_ids", arange(40).unsqueeze(0)),
            ];
            using (var stream = File.Create(Path.Combine(folder, "model.safetensors")))
            {
                SafetensorsWriter.Write(stream, weights);
            }

            using var loaded = Load(folder);

            var ids = tensor(new long[,] { { 2, 5, 9, 3 } });
            var states = loaded.Forward(ids, null, HiddenStateSelection.None).LastHiddenState;
            Assert.Equal(backbone.Forward(ids, null, HiddenStateSelection.None).LastHiddenState.data<float>().ToArray(), states.data<float>().ToArray());
            Assert.Equal(states.select(1, 0).contiguous().data<float>().ToArray(), loaded.Summary(states, [4]).data<float>().ToArray());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        static string OldName(string name) => "bert." + name.Replace("LayerNorm.weight", "LayerNorm.gamma", StringComparison.Ordinal).Replace("LayerNorm.bias", "LayerNorm.beta", StringComparison.Ordinal);
    }

    [Fact]
    public void Save_ThenLoad_IsTheSameModel()
    {
        using var model = PretrainedLanguageModel.Load(TinyBert.Backbone);
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            model.Save(folder);
            using var loaded = PretrainedLanguageModel.Load(ModelSource.FromDirectory(folder));

            Assert.Equal(
                model.Backbone.named_parameters().Select(p => (p.name, p.parameter.data<float>().ToArray())),
                loaded.Backbone.named_parameters().Select(p => (p.name, p.parameter.data<float>().ToArray())));
            Assert.Equal(model.Tokenizer.Encode("Refund, the unwanted CAFÉ!").Ids, loaded.Tokenizer.Encode("Refund, the unwanted CAFÉ!").Ids);
            using var config = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "config.json")));
            Assert.Equal("BertModel", config.RootElement.GetProperty("architectures")[0].GetString());
            Assert.Contains("embeddings.word_embeddings.weight", loaded.Backbone.named_parameters().Select(p => p.name));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("\"num_attention_heads\": 2", "\"num_attention_heads\": 5", "num_attention_heads")]
    [InlineData("\"hidden_act\": \"gelu\"", "\"hidden_act\": \"step\"", "hidden_act")]
    [InlineData("\"pad_token_id\": 0", "\"pad_token_id\": 0, \"is_decoder\": true", "is_decoder")]
    [InlineData("\"pad_token_id\": 0", "\"pad_token_id\": 0, \"position_embedding_type\": \"relative_key\"", "position_embedding_type")]
    public void Create_UnsupportedConfiguration_NamesTheKey(string old, string replacement, string key)
    {
        using var generator = new Generator(1);

        var error = Assert.Throws<ModelFileException>(() => BackboneRegistry.Create(TinyBert.Config.Replace(old, replacement, StringComparison.Ordinal), generator));

        Assert.Contains(key, error.Message, StringComparison.Ordinal);
    }

    private static LanguageBackbone Load(string folder) => BackboneRegistry.Load(new DirectorySource(folder));

    private static double Error(Tensor actual, Tensor expected) => (actual - expected).abs().max().item<float>();

    private static Tensor Padded(int[][] rows)
    {
        var values = new long[rows.Length, rows.Max(row => row.Length)];
        for (int row = 0; row < rows.Length; row++)
        {
            for (int i = 0; i < rows[row].Length; i++)
            {
                values[row, i] = rows[row][i];
            }
        }

        return tensor(values);
    }

    private static void Shake(LanguageBackbone backbone, Generator generator)
    {
        foreach (var (name, parameter) in backbone.named_parameters())
        {
            bool norm = parameter.dim() == 1 && name.EndsWith("weight", StringComparison.Ordinal);
            parameter.normal_(norm ? 1 : 0, 0.4, generator);
        }
    }
}
