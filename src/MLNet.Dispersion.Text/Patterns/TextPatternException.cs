namespace MLNet.Dispersion.Text;

/// <summary>A pattern of a tokenizer took more steps on a text than any sensible one does, and was stopped.</summary>
/// <remarks>
/// Patterns may try many ways on hostile text. Each text may take 100 million steps and 500 more for each of its UTF-16 units, which is a second or two for a text of a million; ordinary patterns take some tens a unit.
/// Cut the text into smaller ones, or take another tokenizer.
/// </remarks>
public sealed class TextPatternException : InvalidOperationException
{
    /// <summary>Makes the exception with a standard message.</summary>
    public TextPatternException()
        : this("A pattern of the tokenizer took too many steps on a text.")
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="message">What happened.</param>
    public TextPatternException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="message">What happened.</param>
    /// <param name="innerException">The cause.</param>
    public TextPatternException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
