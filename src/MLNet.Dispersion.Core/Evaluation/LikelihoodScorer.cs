using MLNet.Dispersion.Backbones;
using MLNet.Dispersion.Data;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Evaluation;

/// <summary>Log-likelihoods of many sequences, in passes of like length; the head is applied only where a token is scored, in pieces of bounded size.</summary>
/// <param name="backbone">The model, in evaluation mode.</param>
/// <param name="batchSize">The most rows of a pass.</param>
/// <param name="maxBatchTokens">The most padded tokens of a pass.</param>
/// <param name="cancel">Checked before each pass.</param>
internal sealed class LikelihoodScorer(CausalLMBackbone backbone, int batchSize, int maxBatchTokens, CancellationToken cancel)
{
    /// <summary>The most logits in memory at once: 32 MB in float64.</summary>
    private const int MaxLogits = 4_000_000;

    private readonly Device _device = backbone.parameters().First().device;

    /// <summary>Rows that went through the model so far.</summary>
    public int Rows { get; private set; }

    /// <summary>Scores sequences.</summary>
    /// <param name="sequences">The sequences; inputs within the model's context.</param>
    /// <param name="progress">Told after each pass how many sequences are scored; null for nobody.</param>
    /// <returns>One score a sequence, in their order.</returns>
    /// <exception cref="InvalidOperationException">The model gives NaN or infinity.</exception>
    public SequenceScore[] Score(IReadOnlyList<ScoredSequence> sequences, Action<int>? progress = null)
    {
        var scores = new SequenceScore[sequences.Count];
        ILookup<int, int> members = SharedRows.Find(sequences).Select((row, sequence) => (row, sequence)).ToLookup(pair => pair.row, pair => pair.sequence);
        int[] rows = [.. members.Select(group => group.Key)];
        int[] lengths = [.. rows.Select(row => sequences[row].Input.Length)];
        int done = 0;

        // The longest first, so that what is too large for memory shows at once.
        foreach (int[] pass in LengthSortedPasses.Of(lengths, maxBatchTokens, batchSize).Reverse())
        {
            cancel.ThrowIfCancellationRequested();
            int[] passRows = [.. pass.Select(index => rows[index])];
            ScorePass(sequences, passRows, members, scores);
            Rows += passRows.Length;
            done += passRows.Sum(row => members[row].Count());
            progress?.Invoke(done);
        }

        return scores;
    }

    private void ScorePass(IReadOnlyList<ScoredSequence> sequences, int[] rows, ILookup<int, int> members, SequenceScore[] scores)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var batch = TokenBatch.Pad([.. rows.Select(row => sequences[row].Input.ToArray())], padId: 0);
        var targets = new List<Target>();
        for (int row = 0; row < rows.Length; row++)
        {
            foreach (int sequence in members[rows[row]])
            {
                (int[] ids, int start) = sequences[sequence];
                targets.AddRange(Enumerable.Range(start, ids.Length - start).Select(at => new Target(((long)row * batch.Columns) + at - 1, ids[at], sequence)));
                scores[sequence] = new SequenceScore(0, IsGreedy: true);
            }
        }

        Tensor inputIds = batch.InputIdsTensor(_device);
        Tensor? mask = batch.AttentionMaskTensor(_device);
        Tensor states = backbone.Forward(inputIds, mask, HiddenStateSelection.None).LastHiddenState.flatten(0, 1);
        ILookup<long, Target> byPosition = targets.ToLookup(target => target.Position);
        foreach (IGrouping<long, Target>[] piece in byPosition.Chunk(Math.Max(1, MaxLogits / backbone.Info.VocabularySize)))
        {
            ScorePiece(states, piece, scores);
        }
    }

    /// <summary>Adds the log-probabilities of the tokens at some positions to their sequences' scores.</summary>
    private void ScorePiece(Tensor states, IGrouping<long, Target>[] positions, SequenceScore[] scores)
    {
        using var scope = NewDisposeScope();
        long vocabulary = backbone.Info.VocabularySize;
        Tensor rows = tensor(positions.Select(group => group.Key).ToArray()).to(_device);
        Tensor logits = backbone.Logits(states.index_select(0, rows));

        // Apple's GPU has no float64.
        logits = (_device.type == TorchSharp.DeviceType.MPS ? logits.cpu() : logits).to(ScalarType.Float64);
        (Target Target, int Row)[] targets = [.. positions.SelectMany((group, row) => group.Select(target => (target, row)))];
        Tensor cells = tensor(targets.Select(pair => (pair.Row * vocabulary) + pair.Target.Token).ToArray()).to(logits.device);
        double[] values = [.. logits.take(cells).cpu().data<double>()];
        double[] normalizers = [.. logits.logsumexp(1).cpu().data<double>()];
        long[] best = [.. logits.argmax(1).cpu().data<long>()];
        for (int i = 0; i < targets.Length; i++)
        {
            (Target target, int row) = targets[i];
            double logProbability = values[i] - normalizers[row];
            if (!double.IsFinite(logProbability))
            {
                throw new InvalidOperationException("The model's logits hold NaN or infinity, so it cannot be evaluated. Check its weights: training may have diverged.");
            }

            ref SequenceScore score = ref scores[target.Sequence];
            score = new SequenceScore(score.LogLikelihood + logProbability, score.IsGreedy && best[row] == target.Token);
        }
    }

    /// <param name="Position">Where it is predicted: row times columns plus column.</param>
    /// <param name="Token">Its id.</param>
    /// <param name="Sequence">The sequence that it belongs to.</param>
    private readonly record struct Target(long Position, int Token, int Sequence);
}
