using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>A figure that a search makes as large or as small as it can. Immutable and thread-safe, as far as a function of the caller's own is.</summary>
public sealed class SearchMetric
{
    private readonly Func<MLContext, ITransformer, IDataView, double> _measure;

    private SearchMetric(string name, bool maximize, Func<double, double>? leastEffect, Func<MLContext, ITransformer, IDataView, double> measure)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        (Name, Maximize, LeastEffect, _measure) = (name, maximize, leastEffect, measure);
    }

    /// <summary>Gets its name in tables and pictures.</summary>
    public string Name { get; }

    /// <summary>Gets whether larger is better.</summary>
    public bool Maximize { get; }

    /// <summary>From the value without dispersion to the least effect that matters; null for a function of the caller's own, of which it is not known.</summary>
    internal Func<double, double>? LeastEffect { get; }

    internal StudyObjective Objective => new() { Name = Name, Maximize = Maximize };

    /// <summary>Takes a metric of multiclass classification.</summary>
    /// <param name="metric">Which.</param>
    /// <param name="labelColumnName">The label column, a key, as the pipeline's data has it.</param>
    /// <param name="scoreColumnName">The score column.</param>
    /// <param name="predictedLabelColumnName">The predicted label column, a key still.</param>
    public static SearchMetric Of(MulticlassMetric metric, string labelColumnName = "Label", string scoreColumnName = "Score", string predictedLabelColumnName = "PredictedLabel")
    {
        Func<MulticlassClassificationMetrics, double> pick = metric switch
        {
            MulticlassMetric.MicroAccuracy => metrics => metrics.MicroAccuracy,
            MulticlassMetric.MacroAccuracy => metrics => metrics.MacroAccuracy,
            MulticlassMetric.LogLoss => metrics => metrics.LogLoss,
            MulticlassMetric.LogLossReduction => metrics => metrics.LogLossReduction,
            _ => throw Unknown(metric),
        };
        return new($"{metric}", metric != MulticlassMetric.LogLoss, metric == MulticlassMetric.LogLoss ? Statistics.LeastEffect.OfLoss : Points, (ml, model, data) => pick(ml.MulticlassClassification.Evaluate(model.Transform(data), labelColumnName, scoreColumnName, predictedLabelColumnName)));
    }

    /// <summary>Takes a metric of binary classification.</summary>
    /// <param name="metric">Which.</param>
    /// <param name="labelColumnName">The label column, bool.</param>
    /// <param name="scoreColumnName">The score column.</param>
    /// <param name="predictedLabelColumnName">The predicted label column.</param>
    public static SearchMetric Of(BinaryMetric metric, string labelColumnName = "Label", string scoreColumnName = "Score", string predictedLabelColumnName = "PredictedLabel")
    {
        Func<BinaryClassificationMetrics, double> pick = metric switch
        {
            BinaryMetric.Accuracy => metrics => metrics.Accuracy,
            BinaryMetric.AreaUnderRocCurve => metrics => metrics.AreaUnderRocCurve,
            BinaryMetric.AreaUnderPrecisionRecallCurve => metrics => metrics.AreaUnderPrecisionRecallCurve,
            BinaryMetric.F1Score => metrics => metrics.F1Score,
            BinaryMetric.PositivePrecision => metrics => metrics.PositivePrecision,
            BinaryMetric.PositiveRecall => metrics => metrics.PositiveRecall,
            _ => throw Unknown(metric),
        };
        return new($"{metric}", true, Points, (ml, model, data) => pick(ml.BinaryClassification.EvaluateNonCalibrated(model.Transform(data), labelColumnName, scoreColumnName, predictedLabelColumnName)));
    }

    /// <summary>Takes a metric of regression.</summary>
    /// <param name="metric">Which.</param>
    /// <param name="labelColumnName">The label column.</param>
    /// <param name="scoreColumnName">The score column.</param>
    public static SearchMetric Of(RegressionMetric metric, string labelColumnName = "Label", string scoreColumnName = "Score")
    {
        Func<RegressionMetrics, double> pick = metric switch
        {
            RegressionMetric.RSquared => metrics => metrics.RSquared,
            RegressionMetric.RootMeanSquaredError => metrics => metrics.RootMeanSquaredError,
            RegressionMetric.MeanSquaredError => metrics => metrics.MeanSquaredError,
            RegressionMetric.MeanAbsoluteError => metrics => metrics.MeanAbsoluteError,
            _ => throw Unknown(metric),
        };
        return new($"{metric}", metric == RegressionMetric.RSquared, metric == RegressionMetric.RSquared ? Points : Statistics.LeastEffect.OfLoss, (ml, model, data) => pick(ml.Regression.Evaluate(model.Transform(data), labelColumnName, scoreColumnName)));
    }

    /// <summary>Takes a function of your own.</summary>
    /// <param name="name">Its name; not empty.</param>
    /// <param name="maximize">Whether larger is better.</param>
    /// <param name="measure">From what the pipeline was fitted to, and the validation data, to the figure.</param>
    public static SearchMetric Of(string name, bool maximize, Func<ITransformer, IDataView, double> measure)
    {
        ArgumentNullException.ThrowIfNull(measure);
        return new(name, maximize, null, (_, model, data) => measure(model, data));
    }

    /// <summary>Measures the mean cosine between different tokens in the fine-tuned model's last layer, on the validation texts: how condensed it is. Minimised.</summary>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="texts">How many texts are measured, at least 1. Default 50.</param>
    public static SearchMetric Condensation(string textColumnName = "Text", int texts = 50)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(textColumnName);
        ArgumentOutOfRangeException.ThrowIfLessThan(texts, 1);
        return new("Condensation", false, _ => Statistics.LeastEffect.Cosine, (ml, model, data) => ml
            .MeasureCondensation(data, textColumnName, model, new CondensationReportOptions { MaxTexts = texts, SpectrumTexts = 0, Histograms = false }).Profile.Layers[^1].MeanCosineOffDiagonal);
    }

    /// <summary>Measures a fitted model.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="model">What a pipeline was fitted to.</param>
    /// <param name="data">The validation data.</param>
    public double Evaluate(MLContext ml, ITransformer model, IDataView data)
    {
        ArgumentNullException.ThrowIfNull(ml);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        return _measure(ml, model, data);
    }

    /// <summary>Of accuracies and other shares.</summary>
    private static double Points(double plain) => Statistics.LeastEffect.Accuracy;

    private static ArgumentOutOfRangeException Unknown<T>(T metric)
        where T : struct, Enum => new(nameof(metric), metric, $"There is no {typeof(T).Name} {metric}; there are {string.Join(", ", Enum.GetNames<T>())}.");
}
