using System.Text.Json;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Benchmarks.RealModel;

/// <summary>Figures that the reference library made of the same model: the folder <c>golden</c> beside it.</summary>
internal sealed class Golden(string folder)
{
    /// <summary>How far each token's log-likelihood is off at most, and the losses, over the golden texts.</summary>
    public (int Tokens, double Token, double Loss) Likelihoods(PretrainedLanguageModel model)
    {
        (int tokens, double token, double loss) = (0, 0, 0);
        foreach (JsonElement text in Expected().GetProperty("texts").EnumerateArray())
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            long[] ids = [.. text.GetProperty("input_ids").EnumerateArray().Select(id => id.GetInt64())];
            Tensor logits = model.Backbone.Logits(model.Backbone.Forward(tensor(ids).unsqueeze(0), null, HiddenStateSelection.None).LastHiddenState)[0].to(ScalarType.Float64);
            Tensor all = nn.functional.log_softmax(logits.narrow(0, 0, ids.Length - 1), 1);
            double[] found = all.gather(1, tensor(ids[1..]).unsqueeze(1)).squeeze(1).data<double>().ToArray();
            double[] expected = [.. text.GetProperty("log_likelihood").EnumerateArray().Select(value => value.GetDouble())];
            tokens += found.Length;
            token = Math.Max(token, found.Zip(expected, (one, other) => Math.Abs(one - other)).Max());
            loss = Math.Max(loss, Math.Abs(found.Average() + text.GetProperty("loss").GetDouble()));
        }

        return (tokens, token, loss);
    }

    /// <summary>Perplexity of each golden text in windows, beside the reference's.</summary>
    public IEnumerable<(string Name, double Found, double Expected)> Perplexities(PretrainedLanguageModel model)
    {
        Dictionary<string, long[]> ids = Ids();
        foreach (JsonElement text in Expected().GetProperty("perplexity").EnumerateArray())
        {
            string name = text.GetProperty("name").GetString()!;
            int[][] windows = [.. ids[$"perplexity.{name}.input_ids"].Select(id => (int)id).Chunk(text.GetProperty("window").GetInt32())];
            yield return (name, Math.Exp(LanguageModelTrainer.MeanNegativeLogLikelihood(model, windows, batchSize: 1)), text.GetProperty("perplexity").GetDouble());
        }
    }

    private JsonElement Expected() => JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "expected.json"))).RootElement;

    private Dictionary<string, long[]> Ids()
    {
        var ids = new Dictionary<string, long[]>();
        using FileStream file = File.OpenRead(Path.Combine(folder, "expected.safetensors"));
        var reader = new SafetensorsReader(file, file.Name);
        while (reader.MoveNext() is { } entry)
        {
            if (entry.Name.EndsWith(".input_ids", StringComparison.Ordinal))
            {
                using Tensor values = reader.Read();
                ids[entry.Name] = values.data<long>().ToArray();
            }
        }

        return ids;
    }
}
