namespace MLNet.Dispersion;

/// <summary>ML.NET's metrics of multiclass classification.</summary>
public enum MulticlassMetric
{
    /// <summary>The share of rows classified rightly; maximised.</summary>
    MicroAccuracy,

    /// <summary>The mean over classes of each one's share; maximised.</summary>
    MacroAccuracy,

    /// <summary>The mean cross-entropy, nats; minimised.</summary>
    LogLoss,

    /// <summary>How much lower the cross-entropy is than that of the classes' shares; maximised.</summary>
    LogLossReduction,
}
