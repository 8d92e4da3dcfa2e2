using Microsoft.ML;
using MLNet.Dispersion.Tests.Embeddings;
using MLNet.Dispersion.Tests.Instructions;
using MLNet.Dispersion.Tests.MultiLabel;
using MLNet.Dispersion.Tests.NamedEntities;
using MLNet.Dispersion.Tests.QuestionAnswering;
using MLNet.Dispersion.Tests.Ranking;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.Saving;

/// <summary>Each task learns from rows in files, bit for bit, what it learns from rows in memory.</summary>
public sealed class StoredFitTests
{
    private static readonly MLContext Ml = new(seed: 1);

    private static IReadOnlyDictionary<string, (Func<IDispersionEstimator> Estimator, Func<IDataView> Data)> All { get; } = new Dictionary<string, (Func<IDispersionEstimator>, Func<IDataView>)>
    {
        ["classes"] = (() => Ml.MulticlassClassification.Trainers.FineTuneWithDispersion(backbone: TinyBackbone.Backbone), () => Tuning.KeyedRows(Ml, 40)),
        ["yes or no"] = (() => Ml.BinaryClassification.Trainers.FineTuneWithDispersion(backbone: TinyBackbone.Backbone), () => Ml.Data.LoadFromEnumerable(NumberedRow.Rows(40, 1).Select(row => new YesRow { Text = row.Text, Label = row.Label > 2 }))),
        ["numbers of pairs"] = (() => Ml.Regression.Trainers.FineTuneWithDispersion(backbone: TinyBackbone.Backbone, secondTextColumnName: "Other"), () => Ml.Data.LoadFromEnumerable(NumberedRow.Rows(40, 1))),
        ["labels"] = (() => Ml.MulticlassClassification.Trainers.FineTuneMultiLabelWithDispersion(backbone: TinyBackbone.Backbone), () => Ml.Data.LoadFromEnumerable(MultiLabelRow.Rows(40, 1))),
        ["words"] = (() => Ml.MulticlassClassification.Trainers.FineTuneTokensWithDispersion(backbone: TinyBackbone.Backbone), () => Ml.Data.LoadFromEnumerable(TagRow.Rows(40))),
        ["spans"] = (() => Ml.MulticlassClassification.Trainers.FineTuneTokensWithDispersion("Kinds", "Sentence", backbone: TinyBackbone.Backbone, spanStartColumnName: "Starts", spanEndColumnName: "Ends"), () => Ml.Data.LoadFromEnumerable(TagRow.Rows(40))),
        ["questions"] = (() => Ml.MulticlassClassification.Trainers.FineTuneAnswersWithDispersion(backbone: TinyBackbone.Backbone), () => Ml.Data.LoadFromEnumerable(QuestionRow.Rows(40))),
        ["embeddings"] = (() => Ml.Transforms.Text.FineTuneEmbeddingsWithDispersion(backbone: TinyBackbone.Backbone, negativeColumnName: "Negatives", exampleWeightColumnName: "Weight"), () => Ml.Data.LoadFromEnumerable(PairRow.Rows(40, 1))),
        ["ranking"] = (() => Ml.Ranking.Trainers.FineTuneRankingWithDispersion(backbone: TinyBackbone.Backbone), () => Ml.Data.LoadFromEnumerable(RankedRow.Rows(14, 1))),
        ["language model"] = (() => Ml.Transforms.Text.FineTuneLanguageModelWithDispersion(backbone: TinyBackbone.Backbone), () => Rows.View(Ml, 80)),
        ["instructions"] = (() => Ml.Transforms.Text.FineTuneInstructionsWithDispersion(new FineTuneInstructionsOptions { Backbone = TinyBackbone.Backbone }), () => Ml.Data.LoadFromEnumerable(InstructionRow.Rows(40))),
        ["preferences"] = (() => Ml.Transforms.Text.FineTunePreferencesWithDispersion(new FineTunePreferencesOptions { Backbone = TinyBackbone.Backbone, ChosenColumnName = "Completion", RejectedColumnName = "Other" }), () => Ml.Data.LoadFromEnumerable(InstructionRow.Rows(40))),
    };

    public static TheoryData<string> Tasks() => [.. All.Keys];

    [Theory]
    [MemberData(nameof(Tasks))]
    public void Fit_OfRowsInFiles_LearnsTheSameBits(string task)
    {
        FineTuneResult inMemory = Fit(task, long.MaxValue), inFiles = Fit(task, 0);

        Assert.Equal(Figures(inMemory), Figures(inFiles));
        Assert.Equal(inMemory.HeldOutRows, inFiles.HeldOutRows);
        Assert.NotEmpty(inFiles.HeldOutRows);
        Assert.True(inFiles.Steps > 4);
    }

    private static FineTuneResult Fit(string task, long memory)
    {
        FineTuneOptions options = Tuning.Options(epochs: 2);
        (options.Seed, options.ValidationFraction, options.DataMemoryBytes, options.MicroBatchSize) = (3, 0.2, memory, 4);
        var (estimator, data) = All[task];
        ITransformer model = estimator().WithTrainingOptions(options).Fit(data());
        try
        {
            return (FineTuneResult)model.GetType().GetProperty("TrainingResult")!.GetValue(model)!;
        }
        finally
        {
            (model as IDisposable)?.Dispose();
        }
    }

    // The last steps' figures depend on every weight.
    private static IEnumerable<(double, double?, double, double?)> Figures(FineTuneResult result) => result.History.Select(step => (step.TaskLoss, step.Dispersion, step.GradientNorm, step.ValidationLoss));

    private sealed class YesRow
    {
        public string? Text { get; set; } = "";

        public bool Label { get; set; }
    }
}
