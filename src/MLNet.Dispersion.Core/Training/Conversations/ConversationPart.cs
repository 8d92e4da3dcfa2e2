namespace MLNet.Dispersion;

/// <summary>A part of a conversation: a text as it stands, or messages for a chat template.</summary>
/// <param name="Text">The text; null for messages.</param>
/// <param name="Messages">The messages; null for a text.</param>
internal sealed record ConversationPart(string? Text, IReadOnlyList<ChatMessage>? Messages)
{
    internal static ConversationPart Of(string text, string name)
    {
        ArgumentNullException.ThrowIfNull(text, name);
        return new ConversationPart(text, null);
    }

    internal static ConversationPart Of(IReadOnlyList<ChatMessage> messages, string name)
    {
        ArgumentNullException.ThrowIfNull(messages, name);
        return new ConversationPart(null, [.. messages]);
    }

    /// <summary>Whether there is nothing in it.</summary>
    internal bool IsEmpty => Messages is null ? string.IsNullOrWhiteSpace(Text) : Messages.Count == 0;
}
