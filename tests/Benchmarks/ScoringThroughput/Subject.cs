using Microsoft.ML;
using TorchSharp;

namespace MLNet.Dispersion.Benchmarks.ScoringThroughput;

/// <summary>A classifier as ML.NET serves it: fitted for one step, since time does not depend on what it has learnt, saved, and loaded again.</summary>
internal sealed class Subject : IDisposable
{
    private const string ShapeS = """
        {
          "model_type": "gpt2", "n_layer": 6, "n_embd": 384, "n_head": 6, "n_positions": 256, "vocab_size": 8192,
          "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5, "initializer_range": 0.02,
          "attn_pdrop": 0.0, "embd_pdrop": 0.0, "resid_pdrop": 0.0, "tie_word_embeddings": true, "bos_token_id": 0, "eos_token_id": 0
        }
        """;

    private Subject(string name, ModelSource backbone)
    {
        Name = name;
        var options = new FineTuneOptions { MaxSteps = 1, ValidationFraction = 0, Dispersion = { Coefficient = 0 }, GeometryProbe = null, Device = "cpu" };
        IDataView rows = Ml.Data.LoadFromEnumerable(Texts.Of(16).Select((text, i) => new Row { Text = text, Label = $"class {i % 4}" }));
        using var fitted = Ml.Transforms.Conversion.MapValueToKey("Label").FineTuneWithDispersion(Ml, backbone: backbone, options: options).Fit(rows);
        using var zip = new MemoryStream();
        Ml.Model.Save(fitted, rows.Schema, zip);
        Chain = Ml.Model.Load(zip, out _);
        Classifier = ((IEnumerable<ITransformer>)Chain).OfType<FineTuneWithDispersionTransformer>().Single();
    }

    /// <summary>What the command line calls it.</summary>
    public string Name { get; }

    public MLContext Ml { get; } = new(seed: 1);

    /// <summary>The whole model.</summary>
    public ITransformer Chain { get; }

    /// <summary>The classifier in it, which the chain owns.</summary>
    public FineTuneWithDispersionTransformer Classifier { get; }

    /// <summary>The subject of a name: <c>tiny</c> and <c>sentences</c>, the embedded backbones, <c>S</c>, six layers of 384 features with random weights, or a checkpoint's directory.</summary>
    public static Subject Named(string name) => name switch
    {
        "tiny" => new Subject(name, ModelSource.TinyEnglish),
        "sentences" => new Subject(name, ModelSource.TinySentences),
        "S" => OfRandomWeights(name),
        _ when Directory.Exists(name) => new Subject(Path.GetFileName(Path.TrimEndingDirectorySeparator(name)), ModelSource.FromDirectory(name)),
        _ => throw new ArgumentException($"There is no model '{name}'; there are tiny, sentences, S and directories."),
    };

    public void Dispose() => (Chain as IDisposable)?.Dispose();

    private static Subject OfRandomWeights(string name)
    {
        string folder = Directory.CreateTempSubdirectory("mlnet-dispersion-scoring-").FullName;
        try
        {
            using (PretrainedLanguageModel tiny = PretrainedLanguageModel.Load(ModelSource.TinyEnglish))
            using (var generator = new torch.Generator(1, torch.CPU))
            {
                using var model = new PretrainedLanguageModel(name, BackboneRegistry.Create(ShapeS, generator), tiny.Tokenizer);
                model.Save(folder);
            }

            return new Subject(name, ModelSource.FromDirectory(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
