using System.Globalization;
using System.Text.Json;

namespace MLNet.Dispersion;

/// <summary>The fields of one row of published conversations: each is read or refused by its name.</summary>
internal sealed class ConversationFields
{
    private static readonly string[] MessageFields = ["role", "content", "name", "tool_calls", "tool_call_id", "reasoning_content", "thinking", "reasoning"];

    /// <summary>Who speaks, as shared chats call them.</summary>
    private static readonly Dictionary<string, string> Speakers = new(StringComparer.Ordinal)
    {
        ["human"] = "user",
        ["user"] = "user",
        ["gpt"] = "assistant",
        ["assistant"] = "assistant",
        ["system"] = "system",
        ["tool"] = "tool",
        ["observation"] = "tool",
    };

    private readonly JsonElement _json;
    private readonly IReadOnlyCollection<string> _ignored;
    private readonly HashSet<string> _read = new(StringComparer.Ordinal);

    /// <param name="json">The row.</param>
    /// <param name="ignored">Fields to be passed over.</param>
    /// <exception cref="FormatException">It is no object.</exception>
    internal ConversationFields(JsonElement json, IReadOnlyCollection<string> ignored)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException($"A row is a JSON object such as {{\"messages\": [...]}}, and this is {json.ValueKind}.");
        }

        _json = json;
        _ignored = ignored;
    }

    /// <summary>A conversation, a prompt with its completion, or a text.</summary>
    internal (ConversationPart? Prompt, ConversationPart Answer) Instruction()
    {
        string[] forms = [.. new[] { "messages", "conversations", "prompt", "text" }.Where(Has)];
        if (forms.Length != 1)
        {
            throw new FormatException(forms.Length == 0
                ? $"A row needs messages, conversations, prompt and completion, or text; this has {Names()}."
                : $"A row has one form, and this has {string.Join(" and ", forms)}. Name the fields that are not meant among those to be ignored.");
        }

        switch (forms[0])
        {
            case "text":
                return (null, ConversationPart.Of(Text("text"), "text"));
            case "prompt":
                ConversationPart prompt = Part("prompt"), completion = Part("completion");
                RequireOneKind(("prompt", prompt), ("completion", completion));
                return (prompt, completion);
            default:
                return (null, ConversationPart.Of(WithSystem(Messages(forms[0], Find(forms[0]))), forms[0]));
        }
    }

    /// <summary>A prompt with two answers.</summary>
    internal (ConversationPart Prompt, ConversationPart Chosen, ConversationPart Rejected) Pair()
    {
        ConversationPart chosen = Part("chosen"), rejected = Part("rejected");
        RequireOneKind(("chosen", chosen), ("rejected", rejected));
        if (!Has("prompt"))
        {
            return Shared(chosen, rejected);
        }

        ConversationPart prompt = Part("prompt");
        if (prompt.Text is { } asked && chosen.Messages is { } whole)
        {
            return whole is [{ Role: "user" } first, ..] && first.Content == asked
                ? Shared(chosen, rejected)
                : throw new FormatException("The field 'prompt' is a text and 'chosen' are messages that do not begin with it as the user's. Give the prompt as messages, or ignore it where the two conversations hold it.");
        }

        RequireOneKind(("prompt", prompt), ("chosen", chosen));
        return (prompt, chosen, rejected);
    }

    /// <summary>The tools, or null.</summary>
    internal IReadOnlyList<JsonElement>? Tools()
    {
        if (!Has("tools"))
        {
            return null;
        }

        JsonElement tools = Find("tools");
        if (tools.ValueKind == JsonValueKind.String)
        {
            try
            {
                tools = JsonSerializer.Deserialize<JsonElement>(tools.GetString()!);
            }
            catch (JsonException e)
            {
                throw new FormatException($"The field 'tools' is a text that is no JSON ({e.Message}).", e);
            }
        }

        return tools.ValueKind == JsonValueKind.Array ? [.. tools.EnumerateArray().Select(tool => tool.Clone())] : throw Wrong("tools", tools, "a list of objects");
    }

    /// <summary>Variables of the template.</summary>
    internal IReadOnlyDictionary<string, JsonElement> Variables()
    {
        if (!Has("chat_template_kwargs"))
        {
            return new Dictionary<string, JsonElement>();
        }

        JsonElement variables = Find("chat_template_kwargs");
        return variables.ValueKind == JsonValueKind.Object
            ? variables.EnumerateObject().ToDictionary(pair => pair.Name, pair => pair.Value.Clone(), StringComparer.Ordinal)
            : throw Wrong("chat_template_kwargs", variables, "an object");
    }

    /// <summary>The row's weight.</summary>
    internal float Weight()
    {
        if (!Has("weight"))
        {
            return 1;
        }

        JsonElement weight = Find("weight");
        return weight.ValueKind == JsonValueKind.Number && weight.GetSingle() is >= 0 and var number && float.IsFinite(number) ? number : throw Wrong("weight", weight, "a number of at least 0");
    }

    /// <summary>Refuses what has not been read.</summary>
    /// <exception cref="FormatException">There is such a field.</exception>
    internal void CheckAllRead()
    {
        string[] unknown = [.. _json.EnumerateObject().Where(field => field.Value.ValueKind != JsonValueKind.Null && !_read.Contains(field.Name) && !_ignored.Contains(field.Name)).Select(field => field.Name)];
        if (unknown.Length > 0)
        {
            throw new FormatException($"Nothing is known of {Printable.FirstTen(unknown)}. Take such fields out, or name them among those to be ignored.");
        }
    }

    private static (ConversationPart Prompt, ConversationPart Chosen, ConversationPart Rejected) Shared(ConversationPart chosen, ConversationPart rejected)
    {
        if (chosen.Messages is { } better && rejected.Messages is { } worse)
        {
            int same = better.Zip(worse).TakeWhile(pair => JsonElement.DeepEquals(pair.First.Json, pair.Second.Json)).Count();
            return same > 0
                ? (Of(better.Take(same)), Of(better.Skip(same)), Of(worse.Skip(same)))
                : throw new FormatException("There is no field 'prompt', and the conversations 'chosen' and 'rejected' begin with different messages. Add the prompt.");
        }

        int length = chosen.Text.AsSpan().CommonPrefixLength(rejected.Text);

        // A blank in front of a word belongs to it.
        length -= length > 0 && chosen.Text![length - 1] == ' ' ? 1 : 0;
        return length > 0
            ? (ConversationPart.Of(chosen.Text![..length], "prompt"), ConversationPart.Of(chosen.Text[length..], "chosen"), ConversationPart.Of(rejected.Text![length..], "rejected"))
            : throw new FormatException("There is no field 'prompt', and the texts 'chosen' and 'rejected' have no beginning in common. Add the prompt.");

        static ConversationPart Of(IEnumerable<ChatMessage> messages) => new(null, [.. messages]);
    }

    private static void RequireOneKind((string Name, ConversationPart Part) first, (string Name, ConversationPart Part) second)
    {
        if ((first.Part.Text is null) != (second.Part.Text is null))
        {
            throw new FormatException($"Of the fields '{first.Name}' and '{second.Name}' one is a text and one are messages. Give both as texts or both as messages.");
        }
    }

    private static FormatException Wrong(string field, JsonElement value, string expected) => new($"The field '{field}' is {value.ValueKind}; it must be {expected}.");

    private static ChatMessage Message(string list, int number, JsonElement json)
    {
        string place = string.Create(CultureInfo.InvariantCulture, $"{list}[{number}]");
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw Wrong(place, json, "an object with role and content, or with from and value");
        }

        return json.TryGetProperty("from", out JsonElement from) ? Shared(place, json, from) : Own(place, json);
    }

    private static ChatMessage Own(string place, JsonElement json)
    {
        if (!json.TryGetProperty("role", out JsonElement role) || role.ValueKind != JsonValueKind.String)
        {
            throw new FormatException($"{place} has no 'role' that is a text. A message is an object with role and content.");
        }

        foreach (JsonProperty field in json.EnumerateObject().Where(field => field.Value.ValueKind != JsonValueKind.Null && !MessageFields.Contains(field.Name)))
        {
            // OpenAI's way to leave a turn out of the loss; 1 is what holds anyway.
            bool isPlain = field.Name == "weight" && field.Value.ValueKind == JsonValueKind.Number && field.Value.GetDouble() == 1;
            if (!isPlain)
            {
                throw new FormatException($"{place} has a field '{Printable.Name(field.Name)}' of which nothing is known here. Known are {string.Join(", ", MessageFields)}, and a weight of 1. Take it out.");
            }
        }

        return ChatMessage.FromJson(json);
    }

    private static ChatMessage Shared(string place, JsonElement json, JsonElement from)
    {
        if (json.EnumerateObject().Where(field => field.Name is not ("from" or "value") && field.Value.ValueKind != JsonValueKind.Null).Select(field => field.Name).FirstOrDefault() is { } other)
        {
            throw new FormatException($"{place} has a field '{Printable.Name(other)}' beside from and value, of which nothing is known here. Take it out.");
        }

        string? speaker = from.ValueKind == JsonValueKind.String ? from.GetString() : null;
        if (speaker is null || !Speakers.TryGetValue(speaker, out string? role))
        {
            throw new FormatException($"{place} is from '{Printable.Name(speaker ?? from.GetRawText())}'; known are {string.Join(", ", Speakers.Keys)}. Name the role as the chat template expects it, with role and content.");
        }

        return json.TryGetProperty("value", out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? new ChatMessage(role, value.GetString()!)
            : throw new FormatException($"{place} has no 'value' that is a text.");
    }

    private bool Has(string name) => _json.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null && !_ignored.Contains(name);

    private JsonElement Find(string name)
    {
        if (!Has(name))
        {
            throw new FormatException($"There is no field '{name}'; the row has {Names()}.");
        }

        _read.Add(name);
        return _json.GetProperty(name);
    }

    private string Text(string name) => Find(name) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : throw Wrong(name, Find(name), "a text");

    private ConversationPart Part(string name) => Find(name) switch
    {
        { ValueKind: JsonValueKind.String } text => ConversationPart.Of(text.GetString()!, name),
        { ValueKind: JsonValueKind.Array } messages => ConversationPart.Of(name is "prompt" ? WithSystem(Messages(name, messages)) : Messages(name, messages), name),
        var other => throw Wrong(name, other, "a text, or a list of messages"),
    };

    private static ChatMessage[] Messages(string name, JsonElement list) => list.ValueKind == JsonValueKind.Array
        ? [.. list.EnumerateArray().Select((message, i) => Message(name, i, message))]
        : throw Wrong(name, list, "a list of messages");

    private ChatMessage[] WithSystem(ChatMessage[] messages)
    {
        if (!Has("system"))
        {
            return messages;
        }

        string system = Text("system");
        return messages is [{ Role: "system" }, ..]
            ? throw new FormatException("The field 'system' stands beside messages that begin with one of the system. Leave one of them out.")
            : system.Length == 0 ? messages : [new ChatMessage("system", system), .. messages];
    }

    private string Names() => Printable.FirstTen([.. _json.EnumerateObject().Select(field => field.Name)]);
}
