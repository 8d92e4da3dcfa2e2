namespace MLNet.Dispersion;

/// <summary>Makes tokens of instructions and preference pairs, and says which of them are the answers'.</summary>
internal sealed class ConversationEncoder
{
    private static readonly TextEncodingOptions AsItStands = new() { AddSpecialTokens = false };
    private readonly PipelineTokenizer _tokenizer;
    private readonly string _end;
    private readonly string? _template;
    private readonly CancellationToken _cancel;

    /// <param name="model">The model, with its tokenizer.</param>
    /// <param name="template">A chat template in the place of the model's own; null for that.</param>
    /// <param name="cancel">Looked at before each text.</param>
    /// <exception cref="ArgumentException">The tokenizer did not come from files, or names no token that ends a text.</exception>
    internal ConversationEncoder(PretrainedLanguageModel model, string? template, CancellationToken cancel)
    {
        _tokenizer = model.Tokenizer as PipelineTokenizer
            ?? throw new ArgumentException($"Conversations need a tokenizer that came from a model's files, but that of {model.Name} is a {model.Tokenizer.GetType().Name}. Load the model with its tokenizer's files.", nameof(model));
        _end = (_tokenizer.EosTokenId ?? model.Backbone.Info.EosTokenId) is { } id && _tokenizer.TokenOf(id) is { } text
            ? text
            : throw new ArgumentException($"The model '{model.Name}' names no end-of-sequence token, which closes every answer. Add eos_token to its tokenizer_config.json.", nameof(model));
        (_template, _cancel) = (template, cancel);
    }

    /// <summary>The tokens of an instruction, and which of them are learnt.</summary>
    /// <exception cref="ArgumentException">There is no answer; the message names the row.</exception>
    internal EncodedInstruction Encode(Instruction instruction, int row, InstructionOptions options) => InRow(row, () =>
    {
        ConversationPart answer = instruction.Answer;
        if (answer.IsEmpty || instruction.Prompt is { IsEmpty: true, Messages: not null })
        {
            throw new ArgumentException(answer.IsEmpty
                ? answer.Messages is null ? "the text or completion is empty, so there is nothing to learn. Leave the row out." : "the conversation, or its completion, has no message. Leave the row out."
                : "the prompt has no message. Give one, or the whole as one conversation.");
        }

        return answer.Messages is { } messages ? Chat(instruction, messages, options) : Plain(instruction.Prompt?.Text, answer.Text!, options);
    });

    /// <summary>The tokens of a pair: its prompt, and what follows in either answer.</summary>
    /// <exception cref="ArgumentException">A part is empty; the message names the row.</exception>
    internal EncodedPreference Encode(PreferencePair pair, int row) => InRow(row, () =>
    {
        if (pair.Prompt.IsEmpty || pair.Chosen.IsEmpty || pair.Rejected.IsEmpty)
        {
            string which = pair.Prompt.IsEmpty ? "prompt" : pair.Chosen.IsEmpty ? "chosen answer" : "rejected answer";
            throw new ArgumentException($"the {which} is empty. Leave the row out.");
        }

        int[] prompt, chosen, rejected;
        if (pair.Prompt.Messages is { } before)
        {
            ChatOptions how = How(pair.Tools, pair.Variables);
            prompt = Ids(RenderPrompt(before, how).Text);
            chosen = Ids(Render([.. before, .. pair.Chosen.Messages!], how).Text);
            rejected = Ids(Render([.. before, .. pair.Rejected.Messages!], how).Text);
        }
        else
        {
            prompt = PlainIds(pair.Prompt.Text!);
            chosen = PlainIds(pair.Prompt.Text + Closed(pair.Chosen.Text!));
            rejected = PlainIds(pair.Prompt.Text + Closed(pair.Rejected.Text!));
        }

        int start = Math.Min(prompt.AsSpan().CommonPrefixLength(chosen), prompt.AsSpan().CommonPrefixLength(rejected));
        return new EncodedPreference(chosen, rejected, start);
    });

    private static T InRow<T>(int row, Func<T> encode)
    {
        try
        {
            return encode();
        }
        catch (Exception e) when (e is ArgumentException or ChatTemplateException)
        {
            throw new ArgumentException(FormattableString.Invariant($"Row {row} (from 0): {e.Message}"), e);
        }
    }

    private EncodedInstruction Plain(string? prompt, string answer, InstructionOptions options)
    {
        int[] ids = PlainIds(prompt + Closed(answer));
        int start = prompt is not null && options.CompletionOnly ? PlainIds(prompt).AsSpan().CommonPrefixLength(ids) : 0;
        return new EncodedInstruction(ids, [.. Enumerable.Range(0, ids.Length).Select(token => token >= start)]);
    }

    private EncodedInstruction Chat(Instruction instruction, IReadOnlyList<ChatMessage> answer, InstructionOptions options)
    {
        ChatOptions how = How(instruction.Tools, instruction.Variables);
        IReadOnlyList<ChatMessage> before = instruction.Prompt?.Messages ?? [];
        ChatMessage[] all = [.. before, .. answer];
        ChatText text = Render(all, how);
        TextEncoding tokens = _tokenizer.Tokenize(text.Text, options: AsItStands);
        int[] ids = [.. tokens.Ids];
        bool[] learnt = new bool[ids.Length];
        Array.Fill(learnt, true);
        if (options.AssistantOnly)
        {
            learnt = Answers(text, all, how).MaskOf([.. tokens.Offsets]);
        }

        if (before.Count > 0 && options.CompletionOnly)
        {
            Array.Clear(learnt, 0, Ids(RenderPrompt(before, how).Text).AsSpan().CommonPrefixLength(ids));
        }

        return learnt.Contains(true)
            ? new EncodedInstruction(ids, learnt)
            : throw new ArgumentException($"no turn is the assistant's, so there is no answer to learn. Leave the row out, or set {nameof(InstructionOptions)}.{nameof(InstructionOptions.AssistantOnly)} to false.");
    }

    /// <summary>The text with the spans of the assistant's turns: those that the template marks, else those by which the text grows with each such turn.</summary>
    private ChatText Answers(ChatText text, ChatMessage[] messages, ChatOptions how)
    {
        if (text.GenerationSpans.Count > 0)
        {
            return text;
        }

        var spans = new List<TextRange>();
        for (int i = 0; i < messages.Length; i++)
        {
            if (messages[i].Role != "assistant")
            {
                continue;
            }

            string start = i == 0 ? "" : Render(messages[..i], how with { AddGenerationPrompt = true }).Text;
            string end = Render(messages[..(i + 1)], how).Text;
            if (!text.Text.StartsWith(end, StringComparison.Ordinal) || !end.StartsWith(start, StringComparison.Ordinal))
            {
                throw new ArgumentException(FormattableString.Invariant(
                    $"the chat template marks no answers by {{% generation %}} blocks, and writes message {i} otherwise once others follow, so that it is not known where the answer lies. Give prompt and completion, a template with such blocks ({nameof(InstructionOptions)}.{nameof(InstructionOptions.ChatTemplate)}), or set {nameof(InstructionOptions.AssistantOnly)} to false."));
            }

            // The line break behind the mark of a turn's end belongs to the next turn.
            spans.Add(new TextRange(start.Length, Math.Max(start.Length, end.TrimEnd().Length)));
        }

        return text with { GenerationSpans = spans };
    }

    private ChatOptions How(IReadOnlyList<System.Text.Json.JsonElement>? tools, IReadOnlyDictionary<string, System.Text.Json.JsonElement> variables) => new() { Tools = tools, Variables = variables, Template = _template };

    private ChatText Render(IReadOnlyList<ChatMessage> messages, ChatOptions how) => _tokenizer.ChatTemplate.Render(messages, how, _cancel);

    /// <summary>A prompt up to where the answer begins; an assistant's last turn is gone on with.</summary>
    private ChatText RenderPrompt(IReadOnlyList<ChatMessage> messages, ChatOptions how) =>
        Render(messages, messages[^1].Role == "assistant" ? how with { ContinueFinalMessage = true } : how with { AddGenerationPrompt = true });

    private string Closed(string text) => text.EndsWith(_end, StringComparison.Ordinal) ? text : text + _end;

    private int[] Ids(string text) => [.. _tokenizer.Tokenize(text, options: AsItStands).Ids];

    private int[] PlainIds(string text)
    {
        _cancel.ThrowIfCancellationRequested();
        return [.. _tokenizer.Tokenize(text).Ids];
    }
}

/// <summary>An instruction as tokens.</summary>
/// <param name="Ids">All of them.</param>
/// <param name="Learnt">Which are learnt.</param>
internal sealed record EncodedInstruction(int[] Ids, bool[] Learnt);

/// <summary>A preference pair as tokens.</summary>
/// <param name="Chosen">Prompt and better answer.</param>
/// <param name="Rejected">Prompt and worse answer.</param>
/// <param name="Start">Where the answers begin.</param>
internal sealed record EncodedPreference(int[] Chosen, int[] Rejected, int Start);
