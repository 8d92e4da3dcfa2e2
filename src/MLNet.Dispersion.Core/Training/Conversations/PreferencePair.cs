using System.Text.Json;

namespace MLNet.Dispersion;

/// <summary>A prompt with two answers, of which one is preferred. Immutable and thread-safe.</summary>
public sealed record PreferencePair
{
    private PreferencePair(ConversationPart prompt, ConversationPart chosen, ConversationPart rejected) => (Prompt, Chosen, Rejected) = (prompt, chosen, rejected);

    /// <summary>Gets the tools that the model may call, as the chat template expects them; null (default) for none.</summary>
    public IReadOnlyList<JsonElement>? Tools { get; init; }

    /// <summary>Gets further variables of the chat template. Default: none.</summary>
    public IReadOnlyDictionary<string, JsonElement> Variables { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>Gets how much the pair counts in training. Default 1. At least 0.</summary>
    public float Weight { get; init; } = 1;

    internal ConversationPart Prompt { get; }

    internal ConversationPart Chosen { get; }

    internal ConversationPart Rejected { get; }

    /// <summary>All that it holds, as texts.</summary>
    internal IEnumerable<string?> Described() => [.. Prompt.Described(), .. Chosen.Described(), .. Rejected.Described(), .. ConversationPart.Described(Tools, Variables, Weight)];

    /// <summary>A pair of texts, which stand right behind the prompt.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="chosen">The better answer.</param>
    /// <param name="rejected">The worse one.</param>
    public static PreferencePair FromTexts(string prompt, string chosen, string rejected) =>
        new(ConversationPart.Of(prompt, nameof(prompt)), ConversationPart.Of(chosen, nameof(chosen)), ConversationPart.Of(rejected, nameof(rejected)));

    /// <summary>A pair of messages, or of several, that answer a conversation.</summary>
    /// <param name="prompt">The messages so far.</param>
    /// <param name="chosen">The better answer.</param>
    /// <param name="rejected">The worse one.</param>
    public static PreferencePair FromMessages(IReadOnlyList<ChatMessage> prompt, IReadOnlyList<ChatMessage> chosen, IReadOnlyList<ChatMessage> rejected) =>
        new(ConversationPart.Of(prompt, nameof(prompt)), ConversationPart.Of(chosen, nameof(chosen)), ConversationPart.Of(rejected, nameof(rejected)));

    /// <summary>The prompt with its better answer, to learn from or to score.</summary>
    public Instruction Better() => new(Prompt, Chosen) { Tools = Tools, Variables = Variables, Weight = Weight };

    /// <summary>Reads one row of published data.</summary>
    /// <remarks>
    /// <c>chosen</c> and <c>rejected</c>, both texts or both messages, with <c>prompt</c> of the same kind or without it: the prompt then is what the two have in common at their beginning. A prompt that is a text
    /// beside whole conversations is their first message of the user. Beside them: <c>tools</c>, <c>chat_template_kwargs</c>, <c>weight</c>. Any other field is refused by its name, unless it is to be ignored.
    /// </remarks>
    /// <param name="json">The object.</param>
    /// <param name="ignoredFields">Fields that are passed over, such as <c>score_chosen</c>; null (default) for none.</param>
    /// <exception cref="FormatException">A field is missing, unknown or of another kind; the message names it and the cure.</exception>
    public static PreferencePair FromJson(JsonElement json, IReadOnlyCollection<string>? ignoredFields = null)
    {
        var fields = new ConversationFields(json, ignoredFields ?? []);
        var (prompt, chosen, rejected) = fields.Pair();
        var pair = new PreferencePair(prompt, chosen, rejected) { Tools = fields.Tools(), Variables = fields.Variables(), Weight = fields.Weight() };
        fields.CheckAllRead();
        return pair;
    }
}
