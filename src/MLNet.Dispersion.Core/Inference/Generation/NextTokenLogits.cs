using System.Runtime.InteropServices;
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

    /// <summary>Why torch computes tokens behind others; null where the library's own decoder does.</summary>
    internal abstract string? TorchReason { get; }

    /// <summary>A reader that keeps keys and values, or reads everything again at each piece where the backbone cannot.</summary>
    /// <param name="backbone">The model, in evaluation mode.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="capacity">Tokens of the longest row of each piece, added up.</param>
    /// <param name="plan">What computes, and in which number type.</param>
    internal static NextTokenLogits Of(LanguageBackbone backbone, int rows, int capacity, GenerationPlan plan)
    {
        string? reason = TorchReasonOf(backbone, plan.Engine);
        if (backbone.CreateCache(rows, capacity) is not { } cache)
        {
            return new WholeLogits(backbone, rows, reason);
        }

        GgufType type = plan.Precision switch
        {
            GenerationPrecision.Float32 => GgufType.F32,
            GenerationPrecision.BFloat16 => GgufType.BF16,
            GenerationPrecision.Q8 => GgufType.Q8_0,
            _ => backbone.ComputeType == ScalarType.BFloat16 ? GgufType.BF16 : GgufType.F32,
        };
        try
        {
            int prefixes = rows == 1 && backbone is { ComputeType: ScalarType.Float32, KeepsStates: true } ? plan.PrefixTokens : 0;
            return new CachedLogits(backbone, cache, reason is null ? new ManagedDecoder(backbone, rows, capacity, type) : null, reason, prefixes);
        }
        catch
        {
            cache.Dispose();
            throw;
        }
    }

    /// <summary>Tokens of the prompt whose keys and values were at hand.</summary>
    internal virtual int Reused => 0;

    /// <summary>Why torch is to compute tokens behind others; null where the library's own decoder is.</summary>
    /// <exception cref="NotSupportedException">The decoder is asked for and cannot.</exception>
    internal static string? TorchReasonOf(LanguageBackbone backbone, GenerationEngine engine)
    {
        string? reason = engine == GenerationEngine.Torch ? "TextGenerationOptions.Engine is Torch" : ManagedDecoder.Refusal(backbone);
        return reason is null || engine != GenerationEngine.Managed ? reason : throw new NotSupportedException(
            $"TextGenerationOptions.Engine is Managed, and the library's own decoder cannot run this model: {reason}. Set it to Auto, which lets torch write where it must.");
    }

    /// <summary>Reads more tokens of every row.</summary>
    /// <param name="tokens">At least one a row.</param>
    /// <param name="look">Called for each row in turn.</param>
    internal virtual void Read(IReadOnlyList<int[]> tokens, Look look)
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

    private sealed class CachedLogits(LanguageBackbone backbone, KeyValueCache cache, ManagedDecoder? decoder, string? torchReason, int prefixTokens) : NextTokenLogits(backbone)
    {
        private readonly List<int> _read = [];
        private int _reused;

        internal override string? TorchReason => torchReason;

        internal override int Reused => _reused;

        internal override void Read(IReadOnlyList<int[]> tokens, Look look)
        {
            if (prefixTokens > 0)
            {
                _reused = cache.Columns == 0 ? Backbone.Prefixes.Fill(cache, tokens[0]) : _reused;
                _read.AddRange(tokens[0]);
                tokens = _read.Count == tokens[0].Length ? [tokens[0][_reused..]] : tokens;
            }

            if (decoder is null || !decoder.CanRead(cache, tokens))
            {
                base.Read(tokens, look);
                return;
            }

            decoder.Read(cache, tokens);
            for (int row = 0; row < tokens.Count; row++)
            {
                look(row, decoder.Logits(row));
            }
        }

        internal override void Keep(IReadOnlyList<int> rows) => cache.Keep(rows);

        public override void Dispose()
        {
            if (prefixTokens > 0 && cache.Columns > 0)
            {
                // What the last token made is missing where its pass failed.
                Backbone.Prefixes.Keep(cache, CollectionsMarshal.AsSpan(_read)[..cache.Columns], prefixTokens);
            }

            decoder?.Dispose();
            cache.Dispose();
        }

        protected override Tensor LastStates(IReadOnlyList<int[]> tokens)
        {
            var batch = TokenBatch.Pad(tokens, padId: 0);
            return Last(Pass.ReadOn(cache, batch), batch);
        }
    }

    private sealed class WholeLogits(LanguageBackbone backbone, int rows, string? torchReason) : NextTokenLogits(backbone)
    {
        private int[][] _read = [.. Enumerable.Repeat(Array.Empty<int>(), rows)];

        internal override string? TorchReason => torchReason;

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
