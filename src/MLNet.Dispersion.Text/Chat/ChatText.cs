namespace MLNet.Dispersion.Text;

/// <summary>A rendered conversation. Encode it without adding special tokens: the template has written them.</summary>
public sealed record ChatText
{
    /// <summary>Gets the text.</summary>
    public required string Text { get; init; }

    /// <summary>Gets what the template marks as the assistant's own words by <c>{% generation %}</c> blocks, in their order; empty without such blocks, and with <see cref="ChatOptions.ContinueFinalMessage"/>. Blocks within macros, set, call or filter blocks have no place in the text and are not among them.</summary>
    public required IReadOnlyList<TextRange> GenerationSpans { get; init; }

    /// <summary>Says which tokens hold words of the assistant: those that overlap a span of <see cref="GenerationSpans"/>. A training that learns answers alone takes the loss there.</summary>
    /// <param name="tokens">Where each token stands in the text, in UTF-16 units, end exclusive and in order; a token without text, whose start is its end, is never the assistant's.</param>
    /// <returns>One truth value for each token.</returns>
    public bool[] MaskOf(IReadOnlyList<TextRange> tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        bool[] mask = new bool[tokens.Count];
        TextRange[] spans = [.. GenerationSpans.Where(span => span.End > span.Start)];
        for (int i = 0, next = 0; i < mask.Length; i++)
        {
            TextRange token = tokens[i];
            while (next < spans.Length && spans[next].End <= token.Start)
            {
                next++;
            }

            mask[i] = next < spans.Length && token.End > token.Start && token.End > spans[next].Start;
        }

        return mask;
    }

    /// <inheritdoc/>
    public override string ToString() => Text;
}
