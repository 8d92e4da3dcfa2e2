namespace MLNet.Dispersion;

/// <summary>ML.NET's metrics of regression.</summary>
public enum RegressionMetric
{
    /// <summary>The share of the labels' variance that is explained; maximised.</summary>
    RSquared,

    /// <summary>The root of the mean squared error; minimised.</summary>
    RootMeanSquaredError,

    /// <summary>The mean squared error; minimised.</summary>
    MeanSquaredError,

    /// <summary>The mean absolute error; minimised.</summary>
    MeanAbsoluteError,
}
