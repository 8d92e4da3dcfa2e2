namespace MLNet.Dispersion;

/// <summary>Options of the few numbers that most callers set.</summary>
internal static class FewOptions
{
    /// <summary>The defaults with these numbers.</summary>
    internal static FineTuneOptions Of(int epochs, int batchSize, double? learningRate) => new() { Epochs = epochs, MicroBatchSize = batchSize, LearningRate = learningRate };
}
