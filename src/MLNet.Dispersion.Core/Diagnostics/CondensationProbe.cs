namespace MLNet.Dispersion;

/// <summary>Measures how condensed a backbone's hidden states are on given texts.</summary>
public static class CondensationProbe
{
    /// <summary>The published truncation of a text, in tokens.</summary>
    public const int DefaultMaxTokens = 512;

    /// <summary>Runs every text through the backbone, one per forward pass, and summarises the cosine between its tokens at every layer.</summary>
    /// <param name="backbone">The backbone, on any device. It is measured in evaluation mode without gradients; if it was training, every module's mode is put back afterwards.</param>
    /// <param name="tokenSequences">The texts as token ids; enumerated once. Texts of fewer than two tokens are counted apart (<see cref="CondensationProfile.ShortTexts"/>).</param>
    /// <param name="maxTokens">Longer texts are cut to this many tokens, and to the backbone's context length. Default 512 (published). At least 2.</param>
    /// <param name="histograms">Whether to count the 128-bin cosine histograms as well. Default true; without them the measure costs next to nothing beside the forward passes.</param>
    /// <param name="progress">Told the number of texts done, after each; null for none.</param>
    /// <param name="cancellationToken">Checked before each text.</param>
    /// <returns>The profile over all texts.</returns>
    /// <exception cref="ArgumentException">A text is null, or a token id is outside the backbone's vocabulary.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxTokens"/> is below 2.</exception>
    /// <exception cref="InvalidOperationException">There are no texts of two or more tokens, or a hidden state is not finite (the message names layer and text).</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <remarks>Memory does not grow with the number of texts. Safe beside other forward passes when the backbone is in evaluation mode already.</remarks>
    public static CondensationProfile Measure(
        LanguageBackbone backbone,
        IEnumerable<int[]> tokenSequences,
        int maxTokens = DefaultMaxTokens,
        bool histograms = true,
        IProgress<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(backbone);
        ArgumentNullException.ThrowIfNull(tokenSequences);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxTokens, 2);
        using var evaluation = new EvaluationMode(backbone);
        using var accumulator = new CondensationAccumulator(histograms);
        int limit = Math.Min(maxTokens, backbone.Info.ContextLength);
        int done = 0;
        foreach (int[] tokens in tokenSequences)
        {
            cancellationToken.ThrowIfCancellationRequested();
            AddText(accumulator, backbone, tokens, limit, done);
            done++;
            progress?.Report(done);
        }

        return accumulator.ToProfile();
    }

    private static void AddText(CondensationAccumulator accumulator, LanguageBackbone backbone, int[]? tokens, int limit, int index)
    {
        if (tokens is null)
        {
            throw new ArgumentException($"Text {index} (counted from 0) is null; pass an empty array for a text without tokens.", nameof(tokens));
        }

        int length = Math.Min(tokens.Length, limit);
        if (length < 2)
        {
            accumulator.AddShortText();
            return;
        }

        HiddenStatePass.Run(backbone, tokens.AsSpan(0, length), NonFiniteState.Text(index), states => accumulator.Add(states));
    }
}
