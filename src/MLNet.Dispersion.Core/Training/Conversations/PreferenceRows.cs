namespace MLNet.Dispersion;

/// <summary>Preference pairs as training rows, cut to a length.</summary>
internal sealed record PreferenceRows
{
    /// <summary>Each prompt with its better answer.</summary>
    internal required IReadOnlyList<int[]> Chosen { get; init; }

    /// <summary>Each prompt with its worse answer.</summary>
    internal required IReadOnlyList<int[]> Rejected { get; init; }

    /// <summary>Where the answers begin.</summary>
    internal required IReadOnlyList<int> Starts { get; init; }

    /// <summary>How much each pair counts.</summary>
    internal required IReadOnlyList<float> Weights { get; init; }

    /// <summary>How many pairs lost tokens.</summary>
    internal required int Truncated { get; init; }

    /// <summary>The pairs, from 0, whose prompt alone fills a row.</summary>
    internal required IReadOnlyList<int> LeftOut { get; init; }

    /// <summary>As the training loop takes them: the better answers are the rows, the worse ones their rivals.</summary>
    internal TrainingRows ToRows() => new(new EncodedTexts(Chosen, SecondStarts: null, Truncated) { Rivals = Rejected });

    /// <summary>These rows and others behind them; what became of pairs is told of these alone.</summary>
    internal PreferenceRows With(PreferenceRows others) => this with
    {
        Chosen = [.. Chosen, .. others.Chosen],
        Rejected = [.. Rejected, .. others.Rejected],
        Starts = [.. Starts, .. others.Starts],
        Weights = [.. Weights, .. others.Weights],
    };

    /// <summary>Makes them.</summary>
    /// <param name="model">Whose tokenizer and template.</param>
    /// <param name="pairs">The pairs.</param>
    /// <param name="template">A chat template in the place of the model's own; null for that.</param>
    /// <param name="maxTokens">The most tokens of prompt and answer; the answers' ends are cut off.</param>
    /// <param name="cancel">Looked at before each pair.</param>
    /// <exception cref="ArgumentException">There is none, one lacks a part or has a bad weight, or no answer is left of all; the message names the row.</exception>
    internal static PreferenceRows Of(PretrainedLanguageModel model, IReadOnlyList<PreferencePair> pairs, string? template, int maxTokens, CancellationToken cancel)
    {
        if (pairs.Count == 0)
        {
            throw new ArgumentException("There are no preference pairs: the data is empty.", nameof(pairs));
        }

        ExampleWeights.Check(pairs.Count, [.. pairs.Select(pair => pair.Weight)]);
        var encoder = new ConversationEncoder(model, template, cancel);
        EncodedPreference[] encoded = [.. pairs.Select(encoder.Encode)];
        int[] kept = [.. Enumerable.Range(0, encoded.Length).Where(row => encoded[row].Start < maxTokens)];
        if (kept.Length == 0)
        {
            throw new ArgumentException(FormattableString.Invariant($"The prompts of all {pairs.Count} rows (first row 0) fill the {maxTokens} tokens of a row, so that no answer is left. Raise FineTuneOptions.MaxSequenceLength, or shorten them."), nameof(pairs));
        }

        return new PreferenceRows
        {
            Chosen = [.. kept.Select(row => Cut(encoded[row].Chosen, maxTokens))],
            Rejected = [.. kept.Select(row => Cut(encoded[row].Rejected, maxTokens))],
            Starts = [.. kept.Select(row => encoded[row].Start)],
            Weights = [.. kept.Select(row => pairs[row].Weight)],
            Truncated = encoded.Count(pair => Math.Max(pair.Chosen.Length, pair.Rejected.Length) > maxTokens),
            LeftOut = [.. Enumerable.Range(0, encoded.Length).Except(kept)],
        };
    }

    private static int[] Cut(int[] ids, int most) => ids.Length > most ? ids[..most] : ids;
}
