namespace MLNet.Dispersion.Text;

/// <summary>A text that a tokenizer cannot tell in its vocabulary: it has characters that no piece covers, and no token for the unknown.</summary>
/// <remarks>The reference refuses such texts, too. Add the token for the unknown (<c>unk_token</c>) to the vocabulary, or clean the text.</remarks>
public sealed class TokenizationException : InvalidOperationException
{
    /// <summary>Makes the exception with a standard message.</summary>
    public TokenizationException()
        : this("The tokenizer cannot tell a text in its vocabulary.")
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="message">What happened.</param>
    public TokenizationException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="message">What happened.</param>
    /// <param name="innerException">The cause.</param>
    public TokenizationException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
