namespace MLNet.Dispersion;

/// <summary>What a model card says of one training run: names and values as people read them. Immutable.</summary>
/// <param name="IsDispersed">Whether the dispersion loss took part.</param>
/// <param name="Settings">How it was trained.</param>
/// <param name="Figures">What was measured.</param>
internal sealed record TrainingNote(bool IsDispersed, IReadOnlyList<(string Name, string Value)> Settings, IReadOnlyList<(string Name, string Value)> Figures);
