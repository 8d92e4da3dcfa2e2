using System.Text.Json;

namespace MLNet.Dispersion;

/// <summary>What a model is to answer, with the answer: a conversation, a prompt and its completion, or a plain text. Immutable and thread-safe.</summary>
/// <remarks>Texts stand as they are, and the end-of-sequence token closes them; messages are written by the model's chat template.</remarks>
/// <example>
/// <code>
/// using MLNet.Dispersion;
/// using MLNet.Dispersion.Text;
///
/// Instruction[] rows =
/// [
///     Instruction.FromMessages([new ChatMessage("user", "What is 2 + 2?"), new ChatMessage("assistant", "4")]),
///     Instruction.FromPrompt("Q: What is 2 + 2?\nA:", " 4"),
/// ];
/// </code>
/// </example>
public sealed record Instruction
{
    private const string Assistant = "assistant";

    internal Instruction(ConversationPart? prompt, ConversationPart answer) => (Prompt, Answer) = (prompt, answer);

    /// <summary>Gets the tools that the model may call, as the chat template expects them; null (default) for none.</summary>
    public IReadOnlyList<JsonElement>? Tools { get; init; }

    /// <summary>Gets further variables of the chat template, such as <c>enable_thinking</c>. Default: none.</summary>
    public IReadOnlyDictionary<string, JsonElement> Variables { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>Gets how much the row counts in training: what its tokens' losses are multiplied by. Default 1. At least 0.</summary>
    public float Weight { get; init; } = 1;

    /// <summary>Gets whether there is something to learn: a text, a completion, or a turn of the assistant.</summary>
    public bool HasAnswer => !Answer.IsEmpty && (Prompt is not null || Answer.Messages is null || Answer.Messages.Any(message => message.Role == Assistant));

    /// <summary>What the answer follows; null where the whole is one text or conversation.</summary>
    internal ConversationPart? Prompt { get; }

    /// <summary>The answer, or the whole text or conversation.</summary>
    internal ConversationPart Answer { get; }

    /// <summary>All that it holds, as texts.</summary>
    internal IEnumerable<string?> Described() => [.. Prompt?.Described() ?? ["no prompt"], .. Answer.Described(), .. ConversationPart.Described(Tools, Variables, Weight)];

    /// <summary>What a model is to answer: the prompt, or the text or conversation without an assistant's last turn.</summary>
    internal ConversationPart Question => Prompt ?? (Answer.Messages is { } all and [.., { Role: Assistant }] ? new ConversationPart(null, [.. all.Take(all.Count - 1)]) : Answer);

    /// <summary>A plain text, all of which is learnt.</summary>
    /// <param name="text">The text.</param>
    public static Instruction FromText(string text) => new(null, ConversationPart.Of(text, nameof(text)));

    /// <summary>A prompt with its completion, as texts that stand one behind the other: blanks between them belong to one of them.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="completion">What is learnt.</param>
    public static Instruction FromPrompt(string prompt, string completion) => new(ConversationPart.Of(prompt, nameof(prompt)), ConversationPart.Of(completion, nameof(completion)));

    /// <summary>A prompt of messages with the messages that answer it.</summary>
    /// <param name="prompt">The messages so far.</param>
    /// <param name="completion">What is learnt, mostly one message of the assistant.</param>
    public static Instruction FromPrompt(IReadOnlyList<ChatMessage> prompt, IReadOnlyList<ChatMessage> completion) => new(ConversationPart.Of(prompt, nameof(prompt)), ConversationPart.Of(completion, nameof(completion)));

    /// <summary>A conversation, of which the assistant's turns are learnt.</summary>
    /// <param name="messages">The messages.</param>
    public static Instruction FromMessages(IReadOnlyList<ChatMessage> messages) => new(null, ConversationPart.Of(messages, nameof(messages)));

    /// <summary>Reads one row of published data.</summary>
    /// <remarks>
    /// One of these forms: <c>messages</c> (objects with role and content), <c>conversations</c> (the same, or objects with from and value), <c>prompt</c> and <c>completion</c> (both texts or both messages), <c>text</c>.
    /// Beside it: <c>system</c> (a text, the first message), <c>tools</c> (a list, or its JSON as text), <c>chat_template_kwargs</c> (an object) and <c>weight</c> (a number).
    /// Any other field is refused by its name, unless it is among those to be ignored.
    /// </remarks>
    /// <param name="json">The object.</param>
    /// <param name="ignoredFields">Fields that are passed over, such as <c>id</c>; null (default) for none.</param>
    /// <exception cref="FormatException">A field is missing, unknown or of another kind; the message names it and the cure.</exception>
    public static Instruction FromJson(JsonElement json, IReadOnlyCollection<string>? ignoredFields = null)
    {
        var fields = new ConversationFields(json, ignoredFields ?? []);
        (ConversationPart? prompt, ConversationPart answer) = fields.Instruction();
        var instruction = new Instruction(prompt, answer) { Tools = fields.Tools(), Variables = fields.Variables(), Weight = fields.Weight() };
        fields.CheckAllRead();
        return instruction;
    }
}
