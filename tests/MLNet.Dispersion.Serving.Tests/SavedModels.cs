using Microsoft.ML;

namespace MLNet.Dispersion.Serving.Tests;

/// <summary>Models of every kind, made of the tiny backbone at first use and saved as users save them.</summary>
internal static class SavedModels
{
    private const string Template = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}";
    private static readonly string Folder = CreateFolder();
    private static readonly Lazy<string> LazyClassifier = new(() => Save("tickets.zip", (ml, data) => ml.Transforms.Conversion.MapValueToKey("Label")
        .FineTuneWithDispersion(ml, backbone: TinyBackbone.Backbone, options: Brief()).Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel")).Fit(data)));

    private static readonly Lazy<string> LazyBinary = new(() => Save("flags.zip", (ml, data) => ml.BinaryClassification.Trainers.FineTuneWithDispersion("Flag", backbone: TinyBackbone.Backbone, options: Brief()).Fit(data)));
    private static readonly Lazy<string> LazyRegressor = new(() => Save("numbers.zip", (ml, data) => ml.Regression.Trainers.FineTuneWithDispersion("Number", backbone: TinyBackbone.Backbone, options: Brief()).Fit(data)));
    private static readonly Lazy<string> LazyEmbedder = new(() => Save("embedder.zip", (ml, _) => ml.OpenTextEmbedder(TinyBackbone.Backbone)));
    private static readonly Lazy<string> LazyLanguageModel = new(() => Save("language.zip", (ml, data) => ml.ApplyLanguageModel(backbone: TinyBackbone.Backbone).Fit(data)));
    private static readonly Lazy<string> LazyChat = new(() =>
    {
        string folder = Path.Combine(Folder, "talker");
        Directory.CreateDirectory(folder);
        foreach (string file in Directory.EnumerateFiles(TinyBackbone.WholeDirectory))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        File.WriteAllText(Path.Combine(folder, "chat_template.jinja"), Template);
        return folder;
    });

    internal static string Classifier => LazyClassifier.Value;

    internal static string Binary => LazyBinary.Value;

    internal static string Regressor => LazyRegressor.Value;

    internal static string Embedder => LazyEmbedder.Value;

    internal static string LanguageModel => LazyLanguageModel.Value;

    /// <summary>A directory with a chat template.</summary>
    internal static string Chat => LazyChat.Value;

    /// <summary>A directory without one.</summary>
    internal static string Checkpoint => TinyBackbone.WholeDirectory;

    private static FineTuneOptions Brief() => new() { Epochs = 1, MaxSteps = 4, MicroBatchSize = 8, LearningRate = 3e-3, ValidationFraction = 0, Precision = Precision.Float32, Device = "cpu" };

    private static string Save(string name, Func<MLContext, IDataView, ITransformer> fit)
    {
        var ml = new MLContext(seed: 1);
        (string[] texts, int[] labels) = TinyBackbone.LabelledTexts(48);
        IDataView data = ml.Data.LoadFromEnumerable(texts.Select((text, i) => new Ticket { Text = text, Label = $"class {labels[i]}", Flag = labels[i] == 0, Number = labels[i] }));
        ITransformer model = fit(ml, data);
        string path = Path.Combine(Folder, name);
        ml.Model.Save(model, data.Schema, path);
        (model as IDisposable)?.Dispose();
        return path;
    }

    private static string CreateFolder()
    {
        string folder = Directory.CreateTempSubdirectory("mlnet-dispersion-serving-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        return folder;
    }
}

/// <summary>A row of training data.</summary>
internal sealed class Ticket
{
    public string Text { get; set; } = "";

    public string Label { get; set; } = "";

    public bool Flag { get; set; }

    public float Number { get; set; }
}

/// <summary>What a bare engine says of a classifier's row.</summary>
internal sealed class TicketPrediction
{
    public string PredictedLabel { get; set; } = "";

    public float[] Score { get; set; } = [];
}
