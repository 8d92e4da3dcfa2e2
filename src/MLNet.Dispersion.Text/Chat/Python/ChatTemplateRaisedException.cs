namespace MLNet.Dispersion.Text;

/// <summary>The template refuses the conversation by its own <c>raise_exception</c>, for example because the roles do not alternate. The message is the template's, word for word.</summary>
public sealed class ChatTemplateRaisedException : ChatTemplateException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">The template's words.</param>
    /// <param name="line">The line of the template, counted from 1.</param>
    /// <param name="column">The column in UTF-16 units, counted from 1.</param>
    public ChatTemplateRaisedException(string message, int line, int column)
        : base(message, line, column)
    {
    }
}
