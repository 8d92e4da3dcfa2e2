using Microsoft.ML;
using TorchSharp;

namespace MLNet.Dispersion.Reliability.Faults;

/// <summary>A small model, every weight of which is the number of the save.</summary>
internal static class NumberedWeights
{
    internal static void Fill(LanguageBackbone backbone, int number)
    {
        using (torch.no_grad())
        {
            foreach (var parameter in backbone.parameters())
            {
                parameter.fill_(number);
            }
        }
    }

    internal static int Read(LanguageBackbone backbone)
    {
        using var scope = torch.NewDisposeScope();
        float[] found = [.. backbone.parameters().SelectMany(parameter => new[] { parameter.min().item<float>(), parameter.max().item<float>() }).Distinct()];
        return found is [var one] ? (int)one : throw new InvalidDataException($"weights of the saves {string.Join(", ", found)}");
    }
}

/// <summary>A directory in Hugging Face's format, of several shards.</summary>
internal sealed class NumberedDirectory : SaveKind
{
    private static readonly Lazy<PretrainedLanguageModel> Model = new(() => PretrainedLanguageModel.Load(TinyBackbone.Backbone));

    internal override string Name => "a model's directory (Save)";

    internal override string PathIn(string place) => Path.Combine(place, "model");

    internal override void Save(string place, int number)
    {
        NumberedWeights.Fill(Model.Value.Backbone, number);

        // Shards come and go.
        Model.Value.Save(PathIn(place), new ModelSaveOptions { MaxShardBytes = number % 2 == 0 ? 60_000 : 45_000 });
    }

    internal override int Number(string place)
    {
        if (!Directory.Exists(PathIn(place)))
        {
            return 0;
        }

        using PretrainedLanguageModel model = PretrainedLanguageModel.Load(ModelSource.FromDirectory(PathIn(place)));
        return NumberedWeights.Read(model.Backbone);
    }
}

/// <summary>A pipeline in an ML.NET zip.</summary>
internal sealed class NumberedZip : SaveKind
{
    private static readonly MLContext Ml = new(seed: 1);

    private static readonly Lazy<(FineTuneWithDispersionTransformer Model, DataViewSchema Schema)> Fitted = new(() =>
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(16);
        IDataView rows = new TableDataView([TableDataColumn.OfTexts("Text", texts), TableDataColumn.OfBooleans("Flag", labels.Select(label => label == 0)), TableDataColumn.OfTexts("Label", labels.Select(label => $"{label}"))]);
        IDataView keyed = Ml.Transforms.Conversion.MapValueToKey("Label").Fit(rows).Transform(rows);
        var options = new FineTuneOptions { Epochs = FineTuneOptions.NoEpochLimit, MaxSteps = 1, MicroBatchSize = 8, ValidationFraction = 0, Device = "cpu" };
        return (Ml.MulticlassClassification.Trainers.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, options: options).Fit(keyed), keyed.Schema);
    });

    internal override string Name => "a model's zip (SaveModel)";

    internal override string PathIn(string place) => Path.Combine(place, "model.zip");

    internal override void Save(string place, int number)
    {
        NumberedWeights.Fill(Fitted.Value.Model.LanguageModel.Backbone, number);
        Ml.Dispersion().SaveModel(Fitted.Value.Model, Fitted.Value.Schema, PathIn(place));
    }

    internal override int Number(string place)
    {
        if (!File.Exists(PathIn(place)))
        {
            return 0;
        }

        using var model = (FineTuneWithDispersionTransformer)Ml.Model.Load(PathIn(place), out _);
        return NumberedWeights.Read(model.LanguageModel.Backbone);
    }
}
