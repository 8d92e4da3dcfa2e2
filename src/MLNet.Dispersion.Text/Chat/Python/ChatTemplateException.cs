namespace MLNet.Dispersion.Text;

/// <summary>A chat template that cannot be read or rendered: the message names the place in the template, what is wrong and, where there is one, the cure.</summary>
/// <remarks>Two kinds have a type of their own: <see cref="ChatTemplateRaisedException"/>, where the template itself refuses the conversation, and <see cref="ChatTemplateLimitException"/>, where it asks for too much.</remarks>
public class ChatTemplateException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">The whole message.</param>
    /// <param name="line">The line of the template, counted from 1; 0 where no place is known.</param>
    /// <param name="column">The column in UTF-16 units, counted from 1; 0 where no place is known.</param>
    /// <param name="innerException">The cause, or null.</param>
    public ChatTemplateException(string message, int line = 0, int column = 0, Exception? innerException = null)
        : base(message, innerException)
    {
        Line = line;
        Column = column;
    }

    /// <summary>Gets the line of the template, counted from 1; 0 where no place is known.</summary>
    public int Line { get; }

    /// <summary>Gets the column in UTF-16 units, counted from 1; 0 where no place is known.</summary>
    public int Column { get; }
}
