namespace MLNet.Dispersion;

/// <summary>Task figures on rows that were not trained on.</summary>
/// <param name="Loss">Mean cross-entropy, nats per target; of a regression the mean squared error.</param>
/// <param name="Accuracy">The share of targets predicted rightly, where the task counts that.</param>
internal sealed record ValidationFigures(double Loss, double? Accuracy);
