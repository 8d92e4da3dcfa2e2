namespace MLNet.Dispersion.Text;

/// <summary>A template asks for more than <see cref="ChatTemplateLimits"/> allow: it loops, writes, nests or counts too far. Nothing of its text is given.</summary>
public sealed class ChatTemplateLimitException : ChatTemplateException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="limit">The name of the property of <see cref="ChatTemplateLimits"/> that was passed.</param>
    /// <param name="message">The whole message.</param>
    /// <param name="line">The line of the template, counted from 1.</param>
    /// <param name="column">The column in UTF-16 units, counted from 1.</param>
    public ChatTemplateLimitException(string limit, string message, int line, int column)
        : base(message, line, column) => Limit = limit;

    /// <summary>Gets the name of the property of <see cref="ChatTemplateLimits"/> that was passed, such as <c>MaxSteps</c>.</summary>
    public string Limit { get; }
}
