namespace MLNet.Dispersion.Text;

/// <summary>The messages as the reference hands them to templates: without null fields, reasoning under all its names, and the last one marked where it is to be continued.</summary>
internal sealed class ChatConversation
{
    /// <summary>Stands at the end of what is continued while the template runs; templates that print lists show it, so it is the reference's.</summary>
    private const string Tag = "CONTINUE_FINAL_MESSAGE_TAG ";

    private const string Reasoning = "reasoning_content";
    private const string Thinking = "thinking";
    private static readonly string[] ReasoningNames = [Reasoning, Thinking, "reasoning"];
    private string? _continued;

    /// <summary>The messages as values.</summary>
    internal JinjaList Values(IReadOnlyList<ChatMessage> messages, ChatOptions options, string template, JinjaMachine machine)
    {
        List<JinjaDict> values = [.. messages.Select(message => WithoutNulls((JinjaDict)ChatJson.Value(message.Json, machine)!, machine))];
        if (options.ContinueFinalMessage)
        {
            RequireField(options.ContinueField, template);
        }

        for (int i = 0; i < values.Count; i++)
        {
            bool continues = options.ContinueFinalMessage && i == values.Count - 1;
            FillReasoning(values[i], continues ? options.ContinueField : null, machine);
        }

        return new JinjaList([.. values]);
    }

    /// <summary>The text up to where the last message is to be continued; the whole text where none is.</summary>
    internal string Cut(string text)
    {
        if (_continued is null)
        {
            return text;
        }

        string bare = Tag.TrimEnd(' ');
        int end = text.LastIndexOf(bare, StringComparison.Ordinal);
        if (end < 0 || !text.Contains(PythonText.Trim(_continued, null), StringComparison.Ordinal))
        {
            throw new ChatTemplateException("The last message is to be continued, and the template does not print it as it is: perhaps it cuts or ignores it. Render without ContinueFinalMessage, or take a template that keeps the message.");
        }

        bool keepsBlanks = text.AsSpan(end).StartsWith(Tag, StringComparison.Ordinal);
        return keepsBlanks ? text[..end] : PythonText.Trim(text[..end], null, start: false);
    }

    private static void RequireField(string field, string template)
    {
        string[] names = ReasoningNames.Contains(field) ? ReasoningNames : [field];
        if (field != "content" && !names.Any(name => template.Contains(name, StringComparison.Ordinal)))
        {
            throw new ChatTemplateException($"The field '{Printable.Name(field)}' of the last message is to be continued, and the template does not speak of it. Continue 'content', or take another template.");
        }
    }

    private static JinjaDict WithoutNulls(JinjaDict message, JinjaMachine machine)
    {
        JinjaDict kept = machine.NewDict();
        foreach ((object? key, object? value) in message.Entries.Where(entry => entry.Value is not null))
        {
            kept.Set(key, value);
        }

        return kept;
    }

    private void FillReasoning(JinjaDict message, string? continued, JinjaMachine machine)
    {
        bool fills = continued is not null && ReasoningNames.Contains(continued);
        if (continued is not null && !fills)
        {
            Mark(message, continued, machine);
        }

        string? source = Array.Find(ReasoningNames, name => message.TryGet(name, out _));
        if (fills)
        {
            string field = message.Has(continued) ? continued! : source ?? throw NoField(continued!);
            Mark(message, field, machine);
        }

        if (source is not null && message.TryGet(source, out object? reasoning))
        {
            message.Set(Reasoning, reasoning);
            if (!message.Has(Thinking))
            {
                message.Set(Thinking, reasoning);
            }
        }
    }

    /// <summary>Adds the tag to a field, or to the last of its parts that has text.</summary>
    private void Mark(JinjaDict message, string field, JinjaMachine machine)
    {
        if (!message.TryGet(field, out object? content))
        {
            throw NoField(field);
        }

        switch (content)
        {
            case string text:
                _continued = text;
                message.Set(field, text + Tag);
                break;
            case JinjaList parts:
                int last = Enumerable.Range(0, parts.Count).LastOrDefault(i => parts[i] is JinjaDict part && part.TryGet("text", out object? value) && value is string, -1);
                if (last < 0)
                {
                    throw new ChatTemplateException($"The last message is to be continued, and no part of its '{Printable.Name(field)}' has a text.");
                }

                object?[] marked = [.. parts.Items()];
                JinjaDict copy = ((JinjaDict)marked[last]!).Copy();
                _ = copy.TryGet("text", out object? spoken);
                _continued = (string)spoken!;
                copy.Set("text", _continued + Tag);
                marked[last] = copy;
                message.Set(field, new JinjaList([.. marked]));
                break;
            default:
                throw new ChatTemplateException($"The last message is to be continued, and its '{Printable.Name(field)}' is neither a text nor parts with a text.");
        }

        machine.Meter.Write(_continued.Length);
    }

    private static ChatTemplateException NoField(string field) =>
        new($"The last message is to be continued, and it has no '{Printable.Name(field)}'. Give it one, or set {nameof(ChatOptions.ContinueField)} to a field that it has.");
}
