namespace MLNet.Dispersion.Text;

/// <summary>What went wrong in a template, before the place is known: the machine that carries the template out adds it.</summary>
internal sealed class TemplateFault(TemplateFault.Of kind, string message, string? limit = null) : Exception(message)
{
    /// <summary>The kinds of faults that users tell apart.</summary>
    internal enum Of
    {
        /// <summary>The template or the values are wrong.</summary>
        Error,

        /// <summary>The template raised it.</summary>
        Raised,

        /// <summary>A limit is passed.</summary>
        Limit,
    }

    internal static TemplateFault Limit(string limit, object most, string what) => new(
        Of.Limit,
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{what}: the limit is {most}. If the template is to be trusted, raise {nameof(ChatTemplateLimits)}.{limit}."),
        limit);

    internal static TemplateFault Error(string message) => new(Of.Error, message);

    /// <summary>The public exception, with the place.</summary>
    internal ChatTemplateException At(string source, int position)
    {
        (int line, int column) = Place(source, position);
        string text = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"Chat template, line {line}, column {column}: {Message}");
        return kind switch
        {
            Of.Raised => new ChatTemplateRaisedException(Message, line, column),
            Of.Limit => new ChatTemplateLimitException(limit!, text, line, column),
            _ => new ChatTemplateException(text, line, column, this),
        };
    }

    private static (int Line, int Column) Place(string source, int position)
    {
        ReadOnlySpan<char> before = source.AsSpan(0, Math.Min(position, source.Length));
        int lastBreak = before.LastIndexOf('\n');
        return (before.Count('\n') + 1, before.Length - lastBreak);
    }
}
