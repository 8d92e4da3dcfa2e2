using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Reads log-probabilities of tokens off final hidden states; the head is applied only where a token is scored, in pieces of bounded size.</summary>
/// <param name="backbone">The model.</param>
internal sealed class TargetScorer(LanguageBackbone backbone)
{
    /// <summary>The most logits in memory at once: 32 MB in float64.</summary>
    private const int MaxLogits = 4_000_000;

    /// <summary>Adds each target's log-probability to its sequence's score. Call it without gradients.</summary>
    /// <param name="states">Final hidden states, <c>[N, F]</c>.</param>
    /// <param name="targets">What is asked for; several may stand at one position.</param>
    /// <param name="scores">One a sequence.</param>
    /// <exception cref="InvalidOperationException">The model gives NaN or infinity.</exception>
    internal void Add(Tensor states, IEnumerable<ScoredTarget> targets, SequenceScore[] scores)
    {
        ILookup<long, ScoredTarget> byPosition = targets.ToLookup(target => target.Position);
        foreach (IGrouping<long, ScoredTarget>[] piece in byPosition.Chunk(Math.Max(1, MaxLogits / backbone.Info.VocabularySize)))
        {
            AddPiece(states, piece, scores);
        }
    }

    private void AddPiece(Tensor states, IGrouping<long, ScoredTarget>[] positions, SequenceScore[] scores)
    {
        using var scope = NewDisposeScope();
        long vocabulary = backbone.Info.VocabularySize;
        Tensor rows = tensor(positions.Select(group => group.Key).ToArray()).to(states.device);
        Tensor logits = backbone.Logits(states.index_select(0, rows));

        // Apple's GPU has no float64.
        logits = (states.device.type == TorchSharp.DeviceType.MPS ? logits.cpu() : logits).to(ScalarType.Float64);
        (ScoredTarget Target, int Row)[] targets = [.. positions.SelectMany((group, row) => group.Select(target => (target, row)))];
        Tensor cells = tensor(targets.Select(pair => (pair.Row * vocabulary) + pair.Target.Token).ToArray()).to(logits.device);
        double[] values = [.. logits.take(cells).cpu().data<double>()];
        double[] normalizers = [.. logits.logsumexp(1).cpu().data<double>()];
        long[] best = [.. logits.argmax(1).cpu().data<long>()];
        for (int i = 0; i < targets.Length; i++)
        {
            (ScoredTarget target, int row) = targets[i];
            double logProbability = values[i] - normalizers[row];
            if (!double.IsFinite(logProbability))
            {
                throw new InvalidOperationException("The model's logits hold NaN or infinity, so it cannot be evaluated. Check its weights: training may have diverged.");
            }

            ref SequenceScore score = ref scores[target.Sequence];
            bool isBest = best[row] == target.Token;
            score = new SequenceScore(score.LogLikelihood + logProbability, score.IsGreedy && isBest) { Right = score.Right + (isBest ? 1 : 0) };
        }
    }
}

/// <summary>A token whose probability is asked for.</summary>
/// <param name="Position">The row of the states that predict it.</param>
/// <param name="Token">Its id.</param>
/// <param name="Sequence">The sequence whose score it adds to.</param>
internal readonly record struct ScoredTarget(long Position, int Token, int Sequence);

/// <summary>What the model says of a <see cref="ScoredSequence"/>.</summary>
/// <param name="LogLikelihood">Sum over the scored tokens of the natural logarithm of their probability.</param>
/// <param name="IsGreedy">Whether every scored token was the most likely one.</param>
internal readonly record struct SequenceScore(double LogLikelihood, bool IsGreedy)
{
    /// <summary>How many of the scored tokens were the most likely ones.</summary>
    internal int Right { get; init; }
}
