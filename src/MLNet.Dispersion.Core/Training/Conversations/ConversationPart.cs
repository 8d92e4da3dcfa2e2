using System.Text.Json;

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

    /// <summary>All that it holds, as texts.</summary>
    internal IEnumerable<string?> Described() => Messages is null ? [Text] : [$"{Messages.Count} messages", .. Messages.Select(message => message.Json.GetRawText())];

    /// <summary>What a row says beside its parts, as texts.</summary>
    internal static IEnumerable<string?> Described(IReadOnlyList<JsonElement>? tools, IReadOnlyDictionary<string, JsonElement> variables, float weight) =>
        [$"{tools?.Count} tools", .. tools?.Select(tool => tool.GetRawText()) ?? [], .. variables.OrderBy(pair => pair.Key, StringComparer.Ordinal).SelectMany(pair => (string[])[pair.Key, pair.Value.GetRawText()]), FormattableString.Invariant($"weight {weight:R}")];

    /// <summary>Whether there is nothing in it.</summary>
    internal bool IsEmpty => Messages is null ? string.IsNullOrWhiteSpace(Text) : Messages.Count == 0;
}
