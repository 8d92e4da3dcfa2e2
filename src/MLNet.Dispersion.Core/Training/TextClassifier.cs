using MLNet.Dispersion.Hub;

namespace MLNet.Dispersion.Training;

/// <summary>A backbone with a classification head on the last real token of each text.</summary>
/// <remarks>Scoring is thread-safe; concurrent callers may run side by side. The owner disposes it.</remarks>
public sealed class TextClassifier : IDisposable
{
    /// <summary>Classes (K).</summary>
    public int ClassCount => throw new NotSupportedException();

    /// <summary>Fine-tunes a backbone on labelled texts.</summary>
    /// <param name="backbone">Where the pretrained weights come from.</param>
    /// <param name="texts">The training texts; null and blank ones count as empty.</param>
    /// <param name="labels">Class indices 0..K-1, one a text.</param>
    /// <param name="classCount">Classes (K), at least 2.</param>
    /// <param name="options">How to train.</param>
    /// <exception cref="ArgumentException">No rows, lengths that differ, a label out of range, fewer than two classes present, or a bad option.</exception>
    /// <exception cref="OperationCanceledException">The options' token was cancelled.</exception>
    public static TextClassifier Train(Backbone backbone, IReadOnlyList<string?> texts, IReadOnlyList<int> labels, int classCount, FineTuneOptions options)
        => throw new NotSupportedException();

    /// <summary>Reads a classifier that <see cref="Save"/> wrote.</summary>
    /// <param name="source">Where from.</param>
    /// <param name="device"><c>auto</c>, <c>cpu</c>, <c>cuda</c>, …</param>
    /// <exception cref="CheckpointException">Files are missing or damaged.</exception>
    public static TextClassifier Load(CheckpointSource source, string device = "auto") => throw new NotSupportedException();

    /// <summary>Texts of the training rows that were longer than the context and were cut off.</summary>
    public int TruncatedTrainingRows => throw new NotSupportedException();

    /// <summary>Scores texts in one length-sorted sweep.</summary>
    /// <param name="texts">Any number of texts; null and blank ones count as empty.</param>
    /// <param name="truncated">How many of them were longer than the context and were cut off.</param>
    /// <returns>Class probabilities, row after row, <c>[rows * K]</c>; each row sums to 1.</returns>
    public float[] Score(IReadOnlyList<string?> texts, out int truncated) => throw new NotSupportedException();

    /// <summary>Writes everything that <see cref="Load"/> needs: configuration, tokenizer, weights.</summary>
    /// <param name="sink">Where to.</param>
    public void Save(CheckpointSink sink) => throw new NotSupportedException();

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
