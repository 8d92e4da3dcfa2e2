using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Reads some rows side by side, piece by piece, and says what may come next. Not thread-safe; the owner disposes it.</summary>
/// <param name="backbone">The model, in evaluation mode.</param>
internal abstract class NextTokenLogits(LanguageBackbone backbone) : IDisposable
{
    /// <summary>Looks at the logits <c>[V]</c> that follow a row.</summary>
    internal delegate void Look(int row, ReadOnlySpan<float> logits);

    protected LanguageBackbone Backbone { get; } = backbone;

    protected ForwardPass Pass { get; } = new(backbone);

    /// <summary>A reader that keeps keys and values, or reads everything again at each piece where the backbone cannot.</summary>
    /// <param name="backbone">The model, in evaluation mode.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="capacity">Tokens of the longest row of each piece, added up.</param>
    internal static NextTokenLogits Of(LanguageBackbone backbone, int rows, int capacity) =>
        backbone.CreateCache(rows, capacity) is { } cache ? new CachedLogits(backbone, cache) : new WholeLogits(backbone, rows);

    /// <summary>Reads more tokens of every row.</summary>
    /// <param name="tokens">At least one a row.</param>
    /// <param name="look">Called for each row in turn.</param>
    internal void Read(IReadOnlyList<int[]> tokens, Look look)
    {
        using var noGradient = no_grad();
        using var computing = Backbone.Context.ComputeIn(Backbone.ComputeType);
        using var scope = NewDisposeScope();
        Tensor logits = Backbone.Logits(LastStates(tokens)).cpu().contiguous();
        int vocabulary = (int)logits.shape[1];
        for (int row = 0; row < tokens.Count; row++)
        {
            look(row, TensorMemory.Floats(logits).Slice(row * vocabulary, vocabulary));
        }
    }

    /// <summary>Goes on with some of the rows, in this order.</summary>
    internal abstract void Keep(IReadOnlyList<int> rows);

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>The final state of each row's last token, <c>[B, F]</c>.</summary>
    protected abstract Tensor LastStates(IReadOnlyList<int[]> tokens);

    /// <summary>Of states <c>[B, L, F]</c> those of each row's last token, <c>[B, F]</c>.</summary>
    protected Tensor Last(Tensor states, TokenBatch batch)
    {
        long[] rows = [.. batch.Lengths.Select((length, row) => ((long)row * batch.Columns) + length - 1)];
        return states.flatten(0, 1).index_select(0, tensor(rows).to(Pass.Device));
    }

    private sealed class CachedLogits(LanguageBackbone backbone, KeyValueCache cache) : NextTokenLogits(backbone)
    {
        internal override void Keep(IReadOnlyList<int> rows) => cache.Keep(rows);

        public override void Dispose() => cache.Dispose();

        protected override Tensor LastStates(IReadOnlyList<int[]> tokens)
        {
            var batch = TokenBatch.Pad(tokens, padId: 0);
            return Last(Pass.ReadOn(cache, batch), batch);
        }
    }

    private sealed class WholeLogits(LanguageBackbone backbone, int rows) : NextTokenLogits(backbone)
    {
        private int[][] _read = [.. Enumerable.Repeat(Array.Empty<int>(), rows)];

        internal override void Keep(IReadOnlyList<int> rows) => _read = [.. rows.Select(row => _read[row])];

        public override void Dispose() => _read = [];

        protected override Tensor LastStates(IReadOnlyList<int[]> tokens)
        {
            _read = [.. _read.Zip(tokens, (past, more) => (int[])[.. past, .. more])];
            var batch = TokenBatch.Pad(_read, padId: 0);
            return Last(Pass.Read(batch, HiddenStateSelection.None).States.LastHiddenState, batch);
        }
    }
}
