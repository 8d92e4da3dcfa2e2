namespace MLNet.Dispersion;

/// <summary>A piece of a context that may answer a question. Immutable.</summary>
public sealed record FoundAnswer
{
    /// <summary>Gets the text itself; empty for "no answer".</summary>
    public required string Text { get; init; }

    /// <summary>Gets its first character in the context, in UTF-16 units from 0; -1 for "no answer".</summary>
    public required int Start { get; init; }

    /// <summary>Gets the end behind its last character; -1 for "no answer".</summary>
    public required int End { get; init; }

    /// <summary>Gets how probable it is among the pieces that were weighed (the softmax over the sums of start's and end's logits, "no answer" among them), 0..1.</summary>
    public required float Score { get; init; }
}
