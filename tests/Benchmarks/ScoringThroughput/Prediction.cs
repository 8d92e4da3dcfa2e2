namespace MLNet.Dispersion.Benchmarks.ScoringThroughput;

/// <summary>What comes out.</summary>
internal sealed class Prediction
{
    public float[] Score { get; set; } = [];

    public uint PredictedLabel { get; set; }
}
