using System.Collections.Concurrent;
using System.Text;

namespace MLNet.Dispersion.Tests.Support;

/// <summary>Scores that depend on the text alone, and a record of how they were asked for.</summary>
internal sealed class FakeScorer(int classCount = 3) : ITextScorer
{
    private readonly ConcurrentQueue<int> _blocks = new();

    public int OutputCount => classCount;

    /// <summary>The number of texts of each call.</summary>
    public int[] Blocks => [.. _blocks];

    /// <summary>Texts longer than this count as truncated.</summary>
    public int MaxLength { get; init; } = int.MaxValue;

    public int Disposals { get; private set; }

    public PretrainedLanguageModel LanguageModel => throw new NotSupportedException();

    public FineTuneResult? TrainingResult => null;

    public IReadOnlyList<GeometrySnapshot> GeometryHistory => [];

    public Precision ScoringPrecision { get; set; }

    /// <summary>Runs inside every call.</summary>
    public Action? WhileScoring { get; init; }

    public static float[] ScoresOf(string? text, int classCount)
    {
        var random = new Random(Encoding.Unicode.GetBytes(text ?? "").Aggregate(17, (hash, b) => unchecked((hash * 31) + b)));
        float[] raw = [.. Enumerable.Range(0, classCount).Select(_ => (float)random.NextDouble() + 0.01f)];
        return [.. raw.Select(value => value / raw.Sum())];
    }

    public static uint BestKey(string? text, int classCount)
    {
        float[] scores = ScoresOf(text, classCount);
        return (uint)Array.IndexOf(scores, scores.Max()) + 1;
    }

    public float[] Score(RowTexts texts, out int truncated)
    {
        ObjectDisposedException.ThrowIf(Disposals > 0, this);
        _blocks.Enqueue(texts.Count);
        WhileScoring?.Invoke();
        ObjectDisposedException.ThrowIf(Disposals > 0, this);
        truncated = texts.First.Count(text => text?.Length > MaxLength);
        return [.. texts.First.SelectMany(text => ScoresOf(text, classCount))];
    }

    public void Save(FileSink sink) => throw new NotSupportedException();

    public void Dispose() => Disposals++;
}
