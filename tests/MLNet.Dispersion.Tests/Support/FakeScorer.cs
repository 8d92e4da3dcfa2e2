using System.Collections.Concurrent;
using System.Text;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Support;

/// <summary>Scores that depend on the text alone, and a record of how they were asked for.</summary>
internal sealed class FakeScorer : FineTunedTextModel
{
    private readonly ConcurrentQueue<int> _blocks = new();

    internal FakeScorer(int classCount = 3)
        : base(Untrained(classCount))
    {
    }

    /// <summary>The number of texts of each call.</summary>
    public int[] Blocks => [.. _blocks];

    /// <summary>Texts longer than this count as truncated.</summary>
    public int MaxLength { get; init; } = int.MaxValue;

    public int Disposals { get; private set; }

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

    public override ProblemType ProblemType => ProblemType.SingleLabel;

    private protected override TextScores ScoreChecked(IReadOnlyList<string?> texts, IReadOnlyList<string?>? secondTexts)
    {
        ObjectDisposedException.ThrowIf(Disposals > 0, this);
        _blocks.Enqueue(texts.Count);
        WhileScoring?.Invoke();
        ObjectDisposedException.ThrowIf(Disposals > 0, this);
        return new TextScores { Values = [.. texts.SelectMany(text => ScoresOf(text, OutputCount))], TruncatedTexts = texts.Count(text => text?.Length > MaxLength) };
    }

    private protected override float[] Finish(Tensor outputs) => throw new NotSupportedException();

    private protected override void WriteHead(FileSink sink, ITextHead head) => throw new NotSupportedException();

    private protected override void Free()
    {
        Disposals++;
        base.Free();
    }

    private static FittedHead Untrained(int classCount)
    {
        var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        return new FittedHead(model, ScoreHead.Create(model.Backbone.Info.HiddenSize, classCount, seed: 1, CPU), new TextEncoder(model, null), pairs: false);
    }
}
