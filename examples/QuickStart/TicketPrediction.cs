namespace MLNet.Dispersion.Examples.QuickStart;

/// <summary>What the model says of a ticket.</summary>
internal sealed class TicketPrediction
{
    /// <summary>The team.</summary>
    public string PredictedLabel { get; set; } = "";

    /// <summary>The probability of each team.</summary>
    public float[] Score { get; set; } = [];
}
