using MLNet.Dispersion.Backbones;
using MLNet.Dispersion.Data;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Evaluation;

/// <summary>Log-likelihoods of many sequences, in passes of like length.</summary>
/// <param name="backbone">The model, in evaluation mode.</param>
/// <param name="batchSize">The most rows of a pass.</param>
/// <param name="maxBatchTokens">The most padded tokens of a pass.</param>
/// <param name="cancel">Checked before each pass.</param>
internal sealed class LikelihoodScorer(CausalLMBackbone backbone, int batchSize, int maxBatchTokens, CancellationToken cancel)
{
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
        var targets = new List<ScoredTarget>();
        for (int row = 0; row < rows.Length; row++)
        {
            foreach (int sequence in members[rows[row]])
            {
                (int[] ids, int start) = sequences[sequence];
                targets.AddRange(Enumerable.Range(start, ids.Length - start).Select(at => new ScoredTarget(((long)row * batch.Columns) + at - 1, ids[at], sequence)));
                scores[sequence] = new SequenceScore(0, IsGreedy: true);
            }
        }

        Tensor inputIds = batch.InputIdsTensor(_device);
        Tensor? mask = batch.AttentionMaskTensor(_device);
        Tensor states = backbone.Forward(inputIds, mask, HiddenStateSelection.None).LastHiddenState.flatten(0, 1);
        new TargetScorer(backbone).Add(states, targets, scores);
    }
}
