using static TorchSharp.torch;

namespace MLNet.Dispersion.Benchmarks.ScoringThroughput;

/// <summary>The forward passes of a list of texts and nothing else: no tokenizer, no head, and inputs that are tensors already, without masks, as scoring has them.</summary>
internal sealed class BareForward : IDisposable
{
    private readonly LanguageBackbone _backbone;
    private readonly ScalarType _computeType;
    private readonly Tensor[] _inputs;

    private BareForward(Subject subject, IReadOnlyList<int[]> sequences, IEnumerable<int[]> passes)
    {
        _backbone = subject.Classifier.LanguageModel.Backbone;
        _computeType = PrecisionResolver.ComputeType(subject.Classifier.ScoringPrecision, CPU);
        Batches = [.. passes.Select(rows => TokenBatch.Pad([.. rows.Select(row => sequences[row])], padId: 0))];
        _inputs = [.. Batches.Select(batch => batch.InputIdsTensor(CPU))];
        Tokens = Batches.Sum(batch => batch.TokenCount);
        PaddedTokens = Batches.Sum(batch => (long)batch.Rows * batch.Columns);
    }

    /// <summary>The batches.</summary>
    public IReadOnlyList<TokenBatch> Batches { get; }

    /// <summary>Real tokens.</summary>
    public long Tokens { get; }

    /// <summary>Tokens with pads.</summary>
    public long PaddedTokens { get; }

    /// <summary>In the batches that Transform makes of the texts, block by block.</summary>
    public static BareForward LikeTransform(Subject subject, IReadOnlyList<string> texts)
    {
        int[][] sequences = Encode(subject, texts);
        var passes = new List<int[]>();
        int size = LookAheadCursor.FirstBlock;
        for (int start = 0; start < texts.Count; start += size, size = Math.Min(2 * size, LookAheadCursor.LargestBlock))
        {
            int first = start;
            passes.AddRange(Passes(sequences[first..Math.Min(first + size, texts.Count)]).Select(rows => rows.Select(row => first + row).ToArray()));
        }

        return new BareForward(subject, sequences, passes);
    }

    /// <summary>In one sweep over all texts, sorted by length: the best that could be had if memory were no matter.</summary>
    public static BareForward Sorted(Subject subject, IReadOnlyList<string> texts)
    {
        int[][] sequences = Encode(subject, texts);
        return new BareForward(subject, sequences, Passes(sequences));
    }

    /// <summary>Runs them all.</summary>
    public void Run()
    {
        using var noGradient = no_grad();
        using var computing = _backbone.Context.ComputeIn(_computeType);
        foreach (Tensor ids in _inputs)
        {
            using var scope = NewDisposeScope();
            _backbone.Forward(ids, null, HiddenStateSelection.None);
        }
    }

    public void Dispose()
    {
        foreach (Tensor ids in _inputs)
        {
            ids.Dispose();
        }
    }

    private static IEnumerable<int[]> Passes(int[][] sequences) => ScoringSweep.Passes(sequences);

    private static int[][] Encode(Subject subject, IReadOnlyList<string> texts)
    {
        PretrainedLanguageModel model = subject.Classifier.LanguageModel;
        return [.. texts.Select(text => model.Tokenizer.Encode(text, model.Backbone.Info.ContextLength).Ids)];
    }
}
