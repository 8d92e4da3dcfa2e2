namespace MLNet.Dispersion;

/// <summary>How far an evaluation is.</summary>
/// <param name="Task">The task that runs.</param>
/// <param name="TaskIndex">Its place, from 0.</param>
/// <param name="TaskCount">How many there are.</param>
/// <param name="Done">Sequences of the task that went through the model (for perplexity: texts).</param>
/// <param name="Total">How many there are; null when that is not known.</param>
/// <param name="Elapsed">Since the task began.</param>
public readonly record struct EvaluationProgress(string Task, int TaskIndex, int TaskCount, int Done, int? Total, TimeSpan Elapsed);
