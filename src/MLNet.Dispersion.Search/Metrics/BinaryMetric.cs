namespace MLNet.Dispersion;

/// <summary>ML.NET's metrics of binary classification (of columns Label, Score and PredictedLabel, not calibrated); all maximised.</summary>
public enum BinaryMetric
{
    /// <summary>The share of rows classified rightly.</summary>
    Accuracy,

    /// <summary>The area under the ROC curve.</summary>
    AreaUnderRocCurve,

    /// <summary>The area under the curve of precision and recall.</summary>
    AreaUnderPrecisionRecallCurve,

    /// <summary>The harmonic mean of precision and recall.</summary>
    F1Score,

    /// <summary>Of rows called positive, the share that is.</summary>
    PositivePrecision,

    /// <summary>Of positive rows, the share that is called so.</summary>
    PositiveRecall,
}
