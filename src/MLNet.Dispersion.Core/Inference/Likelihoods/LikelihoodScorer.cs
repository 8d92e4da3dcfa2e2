using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Log-likelihoods of many sequences, in passes of like length; beginnings that rows share are read once.</summary>
/// <param name="backbone">The model, in evaluation mode.</param>
/// <param name="batchSize">The most rows of a pass.</param>
/// <param name="maxBatchTokens">The most padded tokens of a pass.</param>
/// <param name="cancel">Checked before each pass.</param>
internal sealed class LikelihoodScorer(LanguageBackbone backbone, int batchSize, int maxBatchTokens, CancellationToken cancel)
{
    /// <summary>The most memory for the keys and values of rows with a shared beginning.</summary>
    private const long MaxCacheBytes = 256L << 20;

    private readonly ForwardPass _pass = new(backbone);

    /// <summary>Gets or sets the number of rows that went through the model so far.</summary>
    public int Rows { get; private set; }

    /// <summary>Gets or sets the number of tokens that went through the model so far, without pads.</summary>
    public long Tokens { get; private set; }

    /// <summary>Scores sequences.</summary>
    /// <param name="sequences">The sequences; inputs within the model's context.</param>
    /// <param name="progress">Told after each pass how many sequences are scored; null for nobody.</param>
    /// <returns>One score a sequence, in their order.</returns>
    /// <exception cref="InvalidOperationException">The model gives NaN or infinity.</exception>
    public SequenceScore[] Score(IReadOnlyList<ScoredSequence> sequences, Action<int>? progress = null)
    {
        using var inside = ExitGate.Enter();
        var scores = new SequenceScore[sequences.Count];
        ILookup<int, int> members = SharedRows.Find(sequences).Select((row, sequence) => (row, sequence)).ToLookup(pair => pair.row, pair => pair.sequence);
        ScoredRow[] rows = [.. members.Select(group => new ScoredRow(sequences[group.Key].Ids[..^1], [.. group]))];
        int done = 0;
        foreach (PrefixGroup[] pass in Passes(rows, sequences))
        {
            cancel.ThrowIfCancellationRequested();
            ScorePass(pass, rows, sequences, scores);
            ScoredRow[] scored = [.. pass.SelectMany(group => group.Rows).Select(row => rows[row])];
            Rows += scored.Length;
            Tokens += pass.Sum(group => group.Prefix + group.Rows.Sum(row => (long)rows[row].Input.Length - group.Prefix));
            done += scored.Sum(row => row.Sequences.Length);
            using var outside = ExitGate.Leave();
            progress?.Invoke(done);
        }

        return scores;
    }

    /// <summary>The longest first, so that what is too large for memory shows at once.</summary>
    private IEnumerable<PrefixGroup[]> Passes(ScoredRow[] rows, IReadOnlyList<ScoredSequence> sequences)
    {
        int cached = 0;
        using (KeyValueCache? cache = backbone.CreateCache(1, 1))
        {
            cached = cache is null ? 0 : (int)Math.Min(maxBatchTokens, MaxCacheBytes / (2L * sizeof(float) * backbone.Info.HiddenSize * backbone.Info.LayerCount));
        }

        List<PrefixGroup> groups = SharedPrefixes.Find([.. rows.Select(row => ((ReadOnlyMemory<int>)row.Input, row.Sequences.Min(sequence => sequences[sequence].Start) - 1))], cached, batchSize);
        PrefixGroup[] single = [.. groups.Where(group => group.Prefix == 0)];
        PrefixGroup[] shared = [.. groups.Where(group => group.Prefix > 0).OrderBy(group => group.Rows.Max(row => rows[row].Input.Length))];
        var alone = LengthSortedPasses.Of([.. single.Select(group => rows[group.Rows[0]].Input.Length)], maxBatchTokens, batchSize).Select(pass => (PrefixGroup[])[.. pass.Select(index => single[index])]);
        return alone.Reverse().Concat(SharedPrefixes.Passes(shared, row => rows[row].Input.Length, cached, batchSize).Reverse());
    }

    private void ScorePass(PrefixGroup[] groups, ScoredRow[] rows, IReadOnlyList<ScoredSequence> sequences, SequenceScore[] scores)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        (int Row, int Prefix)[] places = [.. groups.SelectMany(group => group.Rows.Select(row => (row, group.Prefix)))];
        var batch = TokenBatch.Pad([.. places.Select(place => rows[place.Row].Input[place.Prefix..])], padId: 0);
        var targets = new List<ScoredTarget>();
        for (int place = 0; place < places.Length; place++)
        {
            foreach (int sequence in rows[places[place].Row].Sequences)
            {
                (int[] ids, int start) = sequences[sequence];
                long first = ((long)place * batch.Columns) - places[place].Prefix - 1;
                targets.AddRange(Enumerable.Range(start, ids.Length - start).Select(at => new ScoredTarget(first + at, ids[at], sequence)));
                scores[sequence] = new SequenceScore(0, IsGreedy: true);
            }
        }

        Tensor states = groups.Any(group => group.Prefix > 0)
            ? ReadOn(groups, rows, batch)
            : _pass.Read(batch, HiddenStateSelection.None).States.LastHiddenState;
        new TargetScorer(backbone).Add(states.flatten(0, 1), targets, scores);
    }

    /// <summary>Reads each group's beginning once, then all rows behind it.</summary>
    private Tensor ReadOn(PrefixGroup[] groups, ScoredRow[] rows, TokenBatch rest)
    {
        var prefixes = TokenBatch.Pad([.. groups.Select(group => rows[group.Rows[0]].Input[..group.Prefix])], padId: 0);
        using var cache = backbone.CreateCache(groups.Length, prefixes.Columns + rest.Columns)!;
        _pass.ReadOn(cache, prefixes);
        cache.Keep([.. groups.SelectMany((group, index) => Enumerable.Repeat(index, group.Rows.Length))]);
        return _pass.ReadOn(cache, rest);
    }

    /// <param name="Input">What the model reads.</param>
    /// <param name="Sequences">The sequences that are read off it.</param>
    private sealed record ScoredRow(int[] Input, int[] Sequences);
}

/// <summary>Finds the sequences that need no forward pass of their own.</summary>
/// <remarks>
/// A causal model's states do not depend on later tokens, so a sequence whose input is the beginning of another's is read off that one's row. Choices of
/// one token after the same question thus cost one row altogether, and equal questions are computed once.
/// </remarks>
internal static class SharedRows
{
    /// <summary>For each sequence the one whose row it shares; those with a row of their own name themselves.</summary>
    public static int[] Find(IReadOnlyList<ScoredSequence> sequences)
    {
        int[] order = [.. Enumerable.Range(0, sequences.Count)];

        // In this order whatever begins with a sequence follows it directly.
        Array.Sort(order, (a, b) => sequences[a].Input.SequenceCompareTo(sequences[b].Input) is var sign and not 0 ? sign : a.CompareTo(b));
        var row = new int[order.Length];
        for (int i = order.Length - 1; i >= 0; i--)
        {
            bool shares = i + 1 < order.Length && sequences[order[i + 1]].Input.StartsWith(sequences[order[i]].Input);
            row[order[i]] = shares ? row[order[i + 1]] : order[i];
        }

        return row;
    }
}
