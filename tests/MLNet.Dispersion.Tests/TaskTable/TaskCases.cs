using Microsoft.ML;
using MLNet.Dispersion.Tests.BinaryClassification;
using MLNet.Dispersion.Tests.Embeddings;
using MLNet.Dispersion.Tests.Instructions;
using MLNet.Dispersion.Tests.MultiLabel;
using MLNet.Dispersion.Tests.NamedEntities;
using MLNet.Dispersion.Tests.QuestionAnswering;
using MLNet.Dispersion.Tests.Ranking;
using MLNet.Dispersion.Tests.Support;

namespace MLNet.Dispersion.Tests.TaskTable;

/// <summary>All tasks.</summary>
internal static class TaskCases
{
    internal static IReadOnlyList<TaskCase> All { get; } =
    [
        new()
        {
            Name = "classification",
            Task = FineTuneTask.MulticlassClassification,
            Kind = "classes",
            Rows = (ml, count, seed) => Tuning.Keyed(ml, ml.Data.LoadFromEnumerable(Rows.Labelled(count, seed))),
            Estimator = (ml, backbone, options) => ml.MulticlassClassification.Trainers.FineTuneWithDispersion(backbone: backbone, options: options),
            Evaluate = (ml, scored) => ml.MulticlassClassification.Evaluate(scored).LogLoss,
            CrossValidate = (ml, data, estimator) => ml.MulticlassClassification.CrossValidate(data, estimator, numberOfFolds: 2).Select(fold => (fold.Model, fold.Metrics.LogLoss)),
            Behind = (ml, scored) => ml.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(scored),
        },
        new()
        {
            Name = "binary classification",
            Task = FineTuneTask.BinaryClassification,
            Kind = "binary",
            Rows = (ml, count, seed) => ml.Data.LoadFromEnumerable(BinaryRow.Rows(3 * count, seed)),
            Estimator = (ml, backbone, options) => ml.BinaryClassification.Trainers.FineTuneWithDispersion(backbone: backbone, options: options),
            Evaluate = (ml, scored) => ml.BinaryClassification.Evaluate(scored).LogLoss,
            CrossValidate = (ml, data, estimator) => ml.BinaryClassification.CrossValidate(data, estimator, numberOfFolds: 2).Select(fold => (fold.Model, fold.Metrics.LogLoss)),
        },
        new()
        {
            Name = "multi-label classification",
            Task = FineTuneTask.MultiLabelClassification,
            Kind = "labels",
            Rows = (ml, count, seed) => ml.Data.LoadFromEnumerable(MultiLabelRow.Rows(3 * count, seed)),
            Estimator = (ml, backbone, options) => ml.MulticlassClassification.Trainers.FineTuneMultiLabelWithDispersion(backbone: backbone, options: options),
            Evaluate = (ml, scored) => ml.EvaluateMultiLabel(scored).HammingLoss,
            CrossValidate = (ml, data, estimator) => ml.CrossValidateMultiLabel(data, estimator, folds: 2).Select(fold => (fold.Model, fold.Metrics.HammingLoss)),
        },
        new()
        {
            Name = "named entities, tags of words",
            Task = FineTuneTask.TokenClassification,
            Kind = "tokens",
            Rows = (ml, count, seed) => ml.Data.LoadFromEnumerable(TagRow.Rows(count, seed).Select(row => new { row.Sentence, row.Label })),
            Estimator = (ml, backbone, options) => ml.MulticlassClassification.Trainers.FineTuneTokensWithDispersion("Label", "Sentence", backbone, options),
            Evaluate = (ml, scored) => ml.EvaluateTokens(scored).TokenAccuracy,
            CrossValidate = (ml, data, estimator) => ml.CrossValidateTokens(data, estimator, folds: 2).Select(fold => (fold.Model, fold.Metrics.TokenAccuracy)),
        },
        new()
        {
            Name = "question answering",
            Task = FineTuneTask.QuestionAnswering,
            Kind = "answers",
            Rows = (ml, count, seed) => ml.Data.LoadFromEnumerable(QuestionRow.Rows(count, seed).Select(row => new { Text = row.Context, Sentence = row.Question, row.TrainingAnswer, row.AnswerIndex })),
            Estimator = (ml, backbone, options) => ml.MulticlassClassification.Trainers.FineTuneAnswersWithDispersion("Text", "Sentence", "TrainingAnswer", "AnswerIndex", backbone, options),
            Evaluate = (ml, scored) => ml.EvaluateQuestionAnswering(scored).All.F1,
            CrossValidate = (ml, data, estimator) => ml.CrossValidateQuestionAnswering(data, estimator, folds: 2).Select(fold => (fold.Model, fold.Metrics.All.F1)),
        },
        new()
        {
            Name = "regression",
            Task = FineTuneTask.Regression,
            Kind = "regression",
            Rows = (ml, count, seed) => ml.Data.LoadFromEnumerable(NumberedRow.Rows(count, seed)),
            Estimator = (ml, backbone, options) => ml.Regression.Trainers.FineTuneWithDispersion(backbone: backbone, options: options),
            Evaluate = (ml, scored) => ml.Regression.Evaluate(scored).RootMeanSquaredError,
            CrossValidate = (ml, data, estimator) => ml.Regression.CrossValidate(data, estimator, numberOfFolds: 2).Select(fold => (fold.Model, fold.Metrics.RootMeanSquaredError)),
        },
        new()
        {
            Name = "embeddings",
            Task = FineTuneTask.Embeddings,
            Kind = "embedding",
            Rows = (ml, count, seed) => ml.Data.LoadFromEnumerable(PairRow.Rows(count, seed)),
            Estimator = (ml, backbone, options) => ml.Transforms.Text.FineTuneEmbeddingsWithDispersion(backbone: backbone, options: options),
            Evaluate = (ml, scored) => ml.EvaluateRetrieval(scored).MeanReciprocalRank,
            CrossValidate = (ml, data, estimator) => ml.CrossValidateRetrieval(data, estimator, folds: 2).Select(fold => (fold.Model, fold.Metrics.MeanReciprocalRank)),
        },
        new()
        {
            Name = "ranking",
            Task = FineTuneTask.Ranking,
            Kind = "ranking",
            Rows = (ml, count, seed) => ml.Data.LoadFromEnumerable(RankedRow.Rows(count, seed).Select(row => new { Text = row.Query, row.Document, row.Label, GroupId = $"{seed} {row.GroupId}" })),
            Estimator = (ml, backbone, options) => ml.Ranking.Trainers.FineTuneRankingWithDispersion(queryColumnName: "Text", backbone: backbone, options: options),
            Evaluate = (ml, scored) => ml.EvaluateTextRanking(scored).LinearNdcg,
            CrossValidate = (ml, data, estimator) => ml.CrossValidateTextRanking(data, estimator, folds: 2).Select(fold => (fold.Model, fold.Metrics.LinearNdcg)),
        },
        new()
        {
            Name = "language model",
            Task = FineTuneTask.LanguageModel,
            Kind = "language",
            Writes = true,
            Rows = (ml, count, seed) => ml.Data.LoadFromEnumerable(Rows.Labelled(count, seed)),
            Estimator = (ml, backbone, options) => ml.Transforms.Text.FineTuneLanguageModelWithDispersion("Text", backbone, options, LanguageRow.Options()),
            Evaluate = (ml, scored) => ml.EvaluateLanguageModel(scored).Perplexity,
            CrossValidate = (ml, data, estimator) => ml.CrossValidateLanguageModel(data, estimator, folds: 2).Select(fold => (fold.Model, fold.Metrics.Perplexity)),
        },
        new()
        {
            Name = "instructions",
            Task = FineTuneTask.Instructions,
            Kind = "instructions",
            Writes = true,
            Rows = Answered,
            Estimator = (ml, backbone, options) => ml.Transforms.Text.FineTuneInstructionsWithDispersion(new FineTuneInstructionsOptions { Backbone = backbone, PromptColumnName = "Text", CompletionColumnName = "Label", Training = options, Generation = { MaxNewTokens = 3 } }),
            Evaluate = (ml, scored) => ml.EvaluateInstructions(scored).Perplexity,
            CrossValidate = AnswersOfFolds,
        },
        new()
        {
            Name = "preference pairs",
            Task = FineTuneTask.Preferences,
            Kind = "instructions",
            Writes = true,
            Rows = Answered,
            Estimator = (ml, backbone, options) => ml.Transforms.Text.FineTunePreferencesWithDispersion(new FineTunePreferencesOptions { Backbone = backbone, PromptColumnName = "Text", ChosenColumnName = "Label", RejectedColumnName = "Other", Training = options, Generation = { MaxNewTokens = 3 } }),
            Evaluate = (ml, scored) => ml.EvaluateInstructions(scored).Perplexity,
            CrossValidate = AnswersOfFolds,
        },
    ];

    private static IDataView Answered(MLContext ml, int count, int seed) => ml.Data.LoadFromEnumerable(InstructionRow.Rows(count).Select(row => new { Text = row.Prompt, Label = row.Completion, row.Other }));

    private static IEnumerable<(ITransformer Model, double Figure)> AnswersOfFolds(MLContext ml, IDataView data, IEstimator<ITransformer> estimator) =>
        ml.CrossValidateInstructions(data, estimator, folds: 2).Select(fold => (fold.Model, fold.Metrics.Perplexity));
}
