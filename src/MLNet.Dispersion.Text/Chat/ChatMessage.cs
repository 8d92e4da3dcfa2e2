using System.Text.Json;
using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Text;

/// <summary>One message of a conversation: its role, its content and any further fields that a chat template may look at. Immutable and thread-safe.</summary>
/// <remarks>
/// A message is a JSON object whose fields keep their order, since templates may print it whole. Fields that are null are dropped before rendering, as the reference does.
/// <c>reasoning_content</c>, <c>thinking</c> and <c>reasoning</c> are names of one thing: the first that is there fills the others that templates ask for.
/// </remarks>
/// <example>
/// <code>
/// using MLNet.Dispersion.Text;
///
/// ChatMessage[] conversation =
/// [
///     new("system", "Be brief."),
///     new("user", "What is 2 + 2?"),
///     new ChatMessage("assistant", "4").With("reasoning_content", "Two and two."),
/// ];
/// </code>
/// </example>
public sealed class ChatMessage
{
    /// <summary>Creates a message.</summary>
    /// <param name="role">Who speaks: mostly <c>system</c>, <c>user</c>, <c>assistant</c> or <c>tool</c>; what is allowed, the template says.</param>
    /// <param name="content">What is said.</param>
    public ChatMessage(string role, string content)
        : this(Object(("role", role), ("content", content)))
    {
        ArgumentNullException.ThrowIfNull(role);
        ArgumentNullException.ThrowIfNull(content);
    }

    /// <summary>Creates an assistant's message that calls tools, beside its content if it has any.</summary>
    /// <param name="content">What is said; null for nothing.</param>
    /// <param name="toolCalls">The calls, at least one.</param>
    /// <exception cref="ArgumentException">There is no call.</exception>
    public static ChatMessage Calling(string? content, params IReadOnlyList<ChatToolCall> toolCalls)
    {
        ArgumentNullException.ThrowIfNull(toolCalls);
        if (toolCalls.Count == 0)
        {
            throw new ArgumentException("A message that calls tools needs at least one call. Without one, create the message with its role and content.", nameof(toolCalls));
        }

        JsonObject message = new() { ["role"] = "assistant" };
        if (content is not null)
        {
            message["content"] = content;
        }

        message["tool_calls"] = new JsonArray([.. toolCalls.Select(call => call.ToJson())]);
        return new ChatMessage(JsonSerializer.SerializeToElement(message));
    }

    /// <summary>Creates the message with which a tool answers a call.</summary>
    /// <param name="content">The result as text.</param>
    /// <param name="toolCallId">The id of the call, or null where calls have none.</param>
    /// <param name="name">The tool's name, or null.</param>
    public static ChatMessage ToolResult(string content, string? toolCallId = null, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(content);
        JsonObject message = new() { ["role"] = "tool", ["content"] = content };
        if (toolCallId is not null)
        {
            message["tool_call_id"] = toolCallId;
        }

        if (name is not null)
        {
            message["name"] = name;
        }

        return new ChatMessage(JsonSerializer.SerializeToElement(message));
    }

    /// <summary>Creates a message from its JSON object, such as <c>{"role": "user", "content": [{"type": "text", "text": "Hi"}]}</c>. Numbers keep their notation, which decides whether they are whole.</summary>
    /// <param name="message">The object.</param>
    /// <exception cref="ArgumentException">It is no object.</exception>
    public static ChatMessage FromJson(JsonElement message) => message.ValueKind == JsonValueKind.Object
        ? new ChatMessage(message.Clone())
        : throw new ArgumentException($"A message is a JSON object, and this is {message.ValueKind}.", nameof(message));

    private ChatMessage(JsonElement json) => Json = json;

    /// <summary>Gets the message as its JSON object.</summary>
    public JsonElement Json { get; }

    /// <summary>Gets who speaks, or null where the message does not say it as text.</summary>
    public string? Role => TextOf("role");

    /// <summary>Gets what is said, or null where there is none or where it is in parts or no text.</summary>
    public string? Content => TextOf("content");

    /// <summary>Gives the message with one field set: a new one stands last, one that is there keeps its place.</summary>
    /// <param name="field">The field's name.</param>
    /// <param name="value">Its value: anything that can be written as JSON.</param>
    public ChatMessage With(string field, object? value)
    {
        ArgumentException.ThrowIfNullOrEmpty(field);
        JsonObject message = JsonObject.Create(Json.Clone())!;
        message[field] = JsonSerializer.SerializeToNode(value);
        return new ChatMessage(JsonSerializer.SerializeToElement(message));
    }

    /// <inheritdoc/>
    public override string ToString() => Json.GetRawText();

    private static JsonElement Object(params ReadOnlySpan<(string Name, string Value)> fields)
    {
        var json = new JsonObject();
        foreach ((string name, string value) in fields)
        {
            json[name] = value;
        }

        return JsonSerializer.SerializeToElement(json);
    }

    private string? TextOf(string field) => Json.TryGetProperty(field, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
