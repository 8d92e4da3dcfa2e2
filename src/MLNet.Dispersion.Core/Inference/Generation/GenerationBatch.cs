namespace MLNet.Dispersion;

/// <summary>Texts that are written side by side, a token each at a time; those that are finished leave. Not thread-safe; the owner disposes it.</summary>
internal sealed class GenerationBatch : IDisposable
{
    private readonly NextTokenLogits _logits;
    private readonly TokenSampler _sampler;
    private readonly int _vocabulary;
    private List<GeneratingText> _going;

    /// <param name="backbone">The model, in evaluation mode.</param>
    /// <param name="vocabulary">Tokens that may be chosen: those of lower ids.</param>
    /// <param name="texts">Texts without any new token yet.</param>
    /// <param name="options">The checked options.</param>
    internal GenerationBatch(LanguageBackbone backbone, int vocabulary, IReadOnlyList<GeneratingText> texts, TextGenerationOptions options)
    {
        _vocabulary = vocabulary;
        _going = [.. texts];
        _sampler = new TokenSampler(options);

        // The last token is never read.
        int capacity = texts.Max(text => text.Prompt.Length) + texts.Max(text => text.MostTokens) - 1;
        _logits = NextTokenLogits.Of(backbone, texts.Count, capacity);
    }

    /// <summary>Texts that are not finished.</summary>
    internal int Going => _going.Count;

    /// <summary>Adds a token to each text that is not finished.</summary>
    internal void Step()
    {
        int[][] tokens = [.. _going.Select(text => text.NewTokens is [.., var last] ? [last] : text.Prompt)];
        _logits.Read(tokens, (row, logits) =>
        {
            GeneratingText text = _going[row];
            text.Add(_sampler.Next(logits[..Math.Min(_vocabulary, logits.Length)], text.Seen, text.Random));
        });
        int[] kept = [.. Enumerable.Range(0, _going.Count).Where(row => !_going[row].IsFinished)];
        if (kept.Length < _going.Count)
        {
            _going = [.. kept.Select(row => _going[row])];
            if (kept.Length > 0)
            {
                _logits.Keep(kept);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _logits.Dispose();
}
