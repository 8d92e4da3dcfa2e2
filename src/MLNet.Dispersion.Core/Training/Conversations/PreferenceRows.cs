namespace MLNet.Dispersion;

/// <summary>Preference pairs as training rows, cut to a length. They may be larger than memory; the owner disposes them.</summary>
internal sealed class PreferenceRows : IDisposable
{
    private readonly StoredRows _rows;

    private PreferenceRows(StoredRows rows)
    {
        _rows = rows;
        IReadOnlyList<int[]> numbers = rows.Column(2);
        Starts = [.. numbers.Select(row => row[0])];
        Weights = [.. numbers.Select(row => BitConverter.Int32BitsToSingle(row[1]))];
    }

    /// <summary>Each prompt with its better answer.</summary>
    internal IReadOnlyList<int[]> Chosen => _rows.Column(0);

    /// <summary>Each prompt with its worse answer.</summary>
    internal IReadOnlyList<int[]> Rejected => _rows.Column(1);

    /// <summary>Where the answers begin.</summary>
    internal IReadOnlyList<int> Starts { get; }

    /// <summary>How much each pair counts.</summary>
    internal IReadOnlyList<float> Weights { get; }

    /// <summary>How many rows are to be learnt; those behind them are to choose weights by.</summary>
    internal int Learnt => _rows.Notes[0];

    /// <summary>How many pairs lost tokens, of those to be learnt.</summary>
    internal int Truncated => _rows.Notes[1];

    /// <summary>The pairs, from 0, whose prompt alone fills a row.</summary>
    internal IReadOnlyList<int> LeftOut => [.. _rows.Notes.Skip(2)];

    /// <summary>As the training loop takes them: the better answers are the rows, the worse ones their rivals.</summary>
    internal TrainingRows ToRows() => new(new EncodedTexts(Chosen, SecondStarts: null, Truncated) { Rivals = Rejected });

    /// <inheritdoc/>
    public void Dispose() => _rows.Dispose();

    /// <summary>Makes them.</summary>
    /// <param name="model">Whose tokenizer and template.</param>
    /// <param name="pairs">The pairs.</param>
    /// <param name="template">A chat template in the place of the model's own; null for that.</param>
    /// <param name="maxTokens">The most tokens of prompt and answer; the answers' ends are cut off.</param>
    /// <param name="cancel">Looked at before each pair.</param>
    /// <param name="validation">Pairs to choose weights by, behind the others; null for none.</param>
    /// <param name="storage">Where the rows are kept; null for memory.</param>
    /// <exception cref="ArgumentException">There is none, one lacks a part or has a bad weight, or no answer is left of all; the message names the row.</exception>
    internal static PreferenceRows Of(
        PretrainedLanguageModel model, IReadOnlyList<PreferencePair> pairs, string? template, int maxTokens, CancellationToken cancel, IReadOnlyList<PreferencePair>? validation = null, RowStorage? storage = null)
    {
        Check(pairs);
        if (validation is not null)
        {
            Check(validation);
        }

        var encoder = new ConversationEncoder(model, template, cancel);
        return new PreferenceRows(StoredRows.Make(storage ?? RowStorage.Memory, 3, Key, rows =>
        {
            IReadOnlyList<int> notes = Fill(rows, encoder, pairs, maxTokens);
            int learnt = rows.Count;
            if (validation is not null)
            {
                Fill(rows, encoder, validation, maxTokens);
            }

            rows.Notes = [learnt, .. notes];
        }));

        string Key() => RowKey.Of(
            model,
            FormattableString.Invariant($"preferences {maxTokens} {template}"),
            pairs.SelectMany(pair => pair.Described()),
            validation?.SelectMany(pair => pair.Described()) ?? []);
    }

    private static void Check(IReadOnlyList<PreferencePair> pairs)
    {
        if (pairs.Count == 0)
        {
            throw new ArgumentException("There are no preference pairs: the data is empty.", nameof(pairs));
        }

        ExampleWeights.Check(pairs.Count, [.. pairs.Select(pair => pair.Weight)]);
    }

    /// <returns>How many lost tokens, and the numbers of those of which nothing was left.</returns>
    private static int[] Fill(StoredRows rows, ConversationEncoder encoder, IReadOnlyList<PreferencePair> pairs, int maxTokens)
    {
        int truncated = 0;
        var leftOut = new List<int>();
        for (int row = 0; row < pairs.Count; row++)
        {
            PreferencePair pair = pairs[row];
            EncodedPreference encoded = encoder.Encode(pair, row);
            truncated += Math.Max(encoded.Chosen.Length, encoded.Rejected.Length) > maxTokens ? 1 : 0;
            if (encoded.Start < maxTokens)
            {
                rows.Add(Cut(encoded.Chosen, maxTokens), Cut(encoded.Rejected, maxTokens), [encoded.Start, BitConverter.SingleToInt32Bits(pair.Weight)]);
            }
            else
            {
                leftOut.Add(row);
            }
        }

        return leftOut.Count < pairs.Count
            ? [truncated, .. leftOut]
            : throw new ArgumentException(FormattableString.Invariant($"The prompts of all {pairs.Count} rows (first row 0) fill the {maxTokens} tokens of a row, so that no answer is left. Raise FineTuneOptions.MaxSequenceLength, or shorten them."), nameof(pairs));
    }

    private static int[] Cut(int[] ids, int most) => ids.Length > most ? ids[..most] : ids;
}
