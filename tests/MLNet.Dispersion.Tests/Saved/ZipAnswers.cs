using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion.Tests.Saved;

/// <summary>A row that every saved model reads.</summary>
public sealed class SavedRow
{
    public string Text { get; set; } = "";

    public string Other { get; set; } = "";

    public string Label { get; set; } = "";
}

/// <summary>What a transformer of a model zip answers: every column that it adds, and what it says of itself.</summary>
internal static class ZipAnswers
{
    private const string KeyValuesName = "KeyValues";

    private static readonly string[] Texts = ["please refund my invoice", "crash again today", "the parcel is lost", "", "caf\u00e9 \U0001F44D\U0001F3FD!", "a b", string.Join(' ', Enumerable.Repeat("the courier was late", 12))];

    private static readonly string[] Others = ["money", "the error is a bug", "", "", "tracking", "b a", "please please"];

    public static SavedRow[] Rows(string label) => [.. Texts.Zip(Others, (text, other) => new SavedRow { Text = text, Other = other, Label = label })];

    /// <param name="ml">Any context.</param>
    /// <param name="model">The transformer, or a chain with one of ours in it.</param>
    /// <param name="saved">The schema that the zip holds, or will hold.</param>
    /// <param name="label">A label that the model knows, for chains that begin with it.</param>
    public static JsonObject Of(MLContext ml, ITransformer model, DataViewSchema saved, string label = "bill")
    {
        TextTransformer own = (model as IEnumerable<ITransformer> ?? [model]).OfType<TextTransformer>().Single();
        JsonObject about = About(own);
        if (own is not FineTunedTextTransformer tuned)
        {
            return Of(ml, model, saved, about, label);
        }

        // Scores of half precision depend on the processor.
        Precision precision = tuned.ScoringPrecision;
        tuned.ScoringPrecision = Precision.Float32;
        JsonObject answers = Of(ml, model, saved, about, label);
        tuned.ScoringPrecision = precision;
        return answers;
    }

    private static JsonObject Of(MLContext ml, ITransformer model, DataViewSchema saved, JsonObject about, string label)
    {
        IDataView data = ml.Data.LoadFromEnumerable(Rows(label));
        IDataView answered = model.Transform(data);
        return new JsonObject
        {
            ["about"] = about,
            ["input"] = SavedAnswers.Words(saved.Select(column => $"{column.Name}: {column.Type}")),
            ["columns"] = new JsonObject(answered.Schema.Where(column => !column.IsHidden && (data.Schema.GetColumnOrNull(column.Name) is not { } before || !before.Type.Equals(column.Type)))
                .Select(column => KeyValuePair.Create(column.Name, (JsonNode?)Of(answered, column)))),
        };
    }

    private static JsonObject About(TextTransformer own)
    {
        var about = new JsonObject { ["kind"] = own.GetType().Name, ["text"] = own.TextColumnName, ["backbone"] = own.BackboneName };
        switch (own)
        {
            case FineTunedTextTransformer tuned:
                about["second text"] = tuned.SecondTextColumnName;
                about["score"] = tuned.ScoreColumnName;
                about["predicted label"] = (tuned as FineTuneWithDispersionTransformer)?.PredictedLabelColumnName;
                about["classes"] = (tuned as FineTuneWithDispersionTransformer)?.ClassCount;
                about["scoring precision"] = tuned.ScoringPrecision.ToString();
                about["weights"] = Of(tuned.LanguageModel);
                about["geometry"] = Of(tuned.GeometryHistory);
                break;
            case LanguageModelTransformer language:
                about["output"] = SavedAnswers.Words(language.OutputColumnNames);
                about["features"] = language.FeatureCount;
                about["most tokens"] = language.MaxTokens;
                about["weights"] = Of(language.LanguageModel);
                about["geometry"] = Of(language.GeometryHistory);
                break;
            case EmbeddingGeometryTransformer geometry:
                about["prefix"] = geometry.OutputColumnPrefix;
                about["measures"] = SavedAnswers.Words(geometry.Measures.Select(measure => measure.ToString()));
                about["most tokens"] = geometry.MaxTokens;
                about["layers"] = geometry.LayerCount;
                break;
            default:
                throw new NotSupportedException($"{own.GetType()} is a kind of model that these answers do not know yet.");
        }

        return about;
    }

    private static JsonObject Of(PretrainedLanguageModel model) => new()
    {
        ["type"] = model.Backbone.Info.ModelType,
        ["sha256"] = model.ComputeWeightHash(),
        ["adapter"] = model.Adapter is { } adapter ? $"{adapter.Rank} {adapter.Alpha.ToString(CultureInfo.InvariantCulture)} {string.Join(' ', adapter.TargetModules!)} {adapter.Saving}{(model.AdapterIsMerged ? " merged" : "")}" : null,
    };

    private static JsonArray Of(IReadOnlyList<GeometrySnapshot> history) => SavedAnswers.List(history, snapshot => new JsonObject
    {
        ["step"] = snapshot.Step,
        ["texts"] = snapshot.Profile.Texts,
        ["tokens"] = snapshot.Profile.Tokens,
        ["cosines"] = SavedAnswers.Numbers(snapshot.Profile.Layers.SelectMany(layer => (double[])[layer.MeanCosine, layer.MeanCosineOffDiagonal])),
        ["counted"] = SavedAnswers.List(snapshot.Profile.Layers, layer => layer.Summary.Histogram is { } histogram ? (JsonNode)histogram.Total : null),
    });

    private static JsonObject Of(IDataView data, DataViewSchema.Column column)
    {
        var answer = new JsonObject { ["type"] = column.Type.ToString(), ["values"] = Values(data, column) };
        if (column.HasSlotNames())
        {
            VBuffer<ReadOnlyMemory<char>> names = default;
            column.GetSlotNames(ref names);
            answer["slots"] = SavedAnswers.Words(names.DenseValues().Select(name => name.ToString()));
        }

        // HasKeyValues of ML.NET denies those of dates.
        if (column.Annotations.Schema.GetColumnOrNull(KeyValuesName) is { Type: VectorDataViewType type })
        {
            answer["keys"] = new JsonObject
            {
                ["type"] = type.ToString(),
                ["values"] = (JsonNode)typeof(ZipAnswers).GetMethod(nameof(KeyValues), System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static)!
                    .MakeGenericMethod(type.ItemType.RawType).Invoke(null, [column])!,
            };
        }

        return answer;
    }

    private static JsonArray Values(IDataView data, DataViewSchema.Column column) => column.Type switch
    {
        TextDataViewType => SavedAnswers.Words(data.GetColumn<string>(column)),
        KeyDataViewType => SavedAnswers.List(data.GetColumn<uint>(column), value => (JsonNode)value),
        VectorDataViewType { ItemType: NumberDataViewType } => SavedAnswers.List(data.GetColumn<float[]>(column), SavedAnswers.Numbers),
        NumberDataViewType number when number == NumberDataViewType.Single => SavedAnswers.Numbers(data.GetColumn<float>(column)),
        NumberDataViewType number when number == NumberDataViewType.Int32 => SavedAnswers.Numbers(data.GetColumn<int>(column)),
        _ => throw new NotSupportedException($"The column {column.Name} is of the type {column.Type}, which these answers do not know yet."),
    };

    private static JsonArray KeyValues<T>(DataViewSchema.Column column)
    {
        VBuffer<T> values = default;
        column.Annotations.GetValue(KeyValuesName, ref values);
        return SavedAnswers.Words(values.DenseValues().Select(value => value switch
        {
            DateTime time => time.ToString("O", CultureInfo.InvariantCulture),
            DateTimeOffset time => time.ToString("O", CultureInfo.InvariantCulture),
            IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
            _ => value!.ToString(),
        }));
    }
}
