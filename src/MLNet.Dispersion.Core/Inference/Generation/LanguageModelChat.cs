namespace MLNet.Dispersion;

/// <summary>Talks with a language model that was taught to chat, in the form that its own chat template says.</summary>
/// <example>
/// <code>
/// using MLNet.Dispersion;
/// using MLNet.Dispersion.Text;
///
/// using var model = PretrainedLanguageModel.Load(ModelSource.FromGguf("SmolLM2-135M-Instruct.Q4_1.gguf"));
/// List&lt;ChatMessage&gt; conversation = [new("user", "What is the capital of France?")];
/// GeneratedText answer = model.Chat(conversation);
/// conversation.Add(new ChatMessage("assistant", answer.Text));   // then the next question
/// </code>
/// </example>
public static class LanguageModelChat
{
    /// <summary>The most tokens of an answer where neither the options nor the model's generation_config.json say it.</summary>
    private const int DefaultNewTokens = 512;

    /// <summary>Answers a conversation.</summary>
    /// <remarks>
    /// The conversation is rendered with the model's template up to where the answer begins, and encoded as it is: no token is put in front. The answer ends with any of
    /// <see cref="PretrainedLanguageModel.EndTokenIds"/>, or with what the template itself writes behind an assistant's message.
    /// </remarks>
    /// <param name="model">The model; causal, with a chat template.</param>
    /// <param name="messages">The conversation, at least one message.</param>
    /// <param name="options">How to write; null for what the model's generation_config.json says. Copied.</param>
    /// <param name="chat">How to render: tools, documents, variables, another template, or the last message to be continued; null for the defaults. The generation prompt is added by itself.</param>
    /// <param name="progress">Told after each token, on the running thread; null for nobody.</param>
    /// <param name="cancellationToken">Checked before each token.</param>
    /// <returns>The answer, without the marks around it.</returns>
    /// <exception cref="ArgumentException">An option is outside its range, there is no message, the tokenizer cannot encode a text without its own marks, or the conversation fills the model's context; the message names it and the cure.</exception>
    /// <exception cref="ChatTemplateException">The model has no chat template, or the template does not fit the conversation.</exception>
    /// <exception cref="ModelFileException">There is no tokenizer, or a damaged one.</exception>
    /// <exception cref="NotSupportedException">The model's generation_config.json asks for what is not done here, and the options do not set it aside.</exception>
    /// <exception cref="InvalidOperationException">The model's logits hold NaN.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static GeneratedText Chat(
        this PretrainedLanguageModel model,
        IReadOnlyList<ChatMessage> messages,
        TextGenerationOptions? options = null,
        ChatOptions? chat = null,
        IProgress<GenerationProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        (TextGenerator generator, GeneratingText text) = Begin(model, messages, options, chat, cancellationToken);
        return generator.Run([text], progress, cancellationToken)[0];
    }

    /// <summary>Answers a conversation and gives the answer out piece by piece, as soon as characters are complete and no stop sequence can take them back.</summary>
    /// <param name="model">The model; causal, with a chat template.</param>
    /// <param name="messages">The conversation, at least one message.</param>
    /// <param name="options">How to write; null for what the model's generation_config.json says. Copied.</param>
    /// <param name="chat">How to render; null for the defaults.</param>
    /// <param name="finished">Told the whole answer, with the reason of its end, behind the last piece; null (default) for nobody.</param>
    /// <param name="cancellationToken">Checked before each token.</param>
    /// <returns>Pieces of text that make the answer of <see cref="Chat"/>; each is written when it is asked for. End the enumeration, or dispose it, to free its memory.</returns>
    /// <exception cref="Exception">As with <see cref="Chat"/>; what speaks against the arguments is thrown at once.</exception>
    public static IEnumerable<string> ChatStreaming(
        this PretrainedLanguageModel model,
        IReadOnlyList<ChatMessage> messages,
        TextGenerationOptions? options = null,
        ChatOptions? chat = null,
        Action<GeneratedText>? finished = null,
        CancellationToken cancellationToken = default)
    {
        (TextGenerator generator, GeneratingText text) = Begin(model, messages, options, chat, cancellationToken);
        return generator.Stream(text, finished, cancellationToken);
    }

    /// <summary>Answers a conversation on a thread of its own and gives the answer out piece by piece, as soon as characters are complete and no stop sequence can take them back.</summary>
    /// <remarks>The writing begins with the first piece that is asked for and does not wait for the reader; it ends, and its memory is freed, when the enumeration ends or is disposed.</remarks>
    /// <param name="model">The model; causal, with a chat template.</param>
    /// <param name="messages">The conversation, at least one message.</param>
    /// <param name="options">How to write; null for what the model's generation_config.json says. Copied.</param>
    /// <param name="chat">How to render; null for the defaults.</param>
    /// <param name="finished">Told the whole answer, with the reason of its end, behind the last piece, on the writing thread; null (default) for nobody.</param>
    /// <param name="cancellationToken">Checked before each token.</param>
    /// <returns>Pieces of text that make the answer of <see cref="Chat"/>.</returns>
    /// <exception cref="Exception">As with <see cref="Chat"/>; what speaks against the arguments is thrown at once.</exception>
    public static IAsyncEnumerable<string> ChatStreamingAsync(
        this PretrainedLanguageModel model,
        IReadOnlyList<ChatMessage> messages,
        TextGenerationOptions? options = null,
        ChatOptions? chat = null,
        Action<GeneratedText>? finished = null,
        CancellationToken cancellationToken = default)
    {
        (TextGenerator generator, GeneratingText text) = Begin(model, messages, options, chat, cancellationToken);
        return BackgroundPieces.Of(cancel => generator.Stream(text, finished, cancel), cancellationToken);
    }

    private static (TextGenerator Generator, GeneratingText Text) Begin(PretrainedLanguageModel model, IReadOnlyList<ChatMessage> messages, TextGenerationOptions? options, ChatOptions? chat, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(messages);
        model.RequireCausal("Chat");
        PipelineTokenizer tokenizer = model.Tokenizer as PipelineTokenizer
            ?? throw new ArgumentException($"Chat needs a tokenizer that came from a model's files, but that of {model.Name} is a {model.Tokenizer.GetType().Name}. Render with ChatTemplate and use Generate.", nameof(model));
        chat ??= new ChatOptions();
        chat = chat with { AddGenerationPrompt = !chat.ContinueFinalMessage };
        string prompt = tokenizer.ChatTemplate.Render(messages, chat, cancel).Text;
        var end = TurnEnd.Of(tokenizer, messages, chat, cancel);
        var generator = new TextGenerator(
            model,
            options,
            copy => GenerationPlan.Of(copy, model, DefaultNewTokens) is var plan && end.Text is { } stop && copy.StopAtEndOfText ? plan with { StopSequences = [.. plan.StopSequences, stop] } : plan,
            end.Token is { } token ? [token] : []);
        return (generator, generator.Begin([.. tokenizer.Tokenize(prompt, options: new TextEncodingOptions { AddSpecialTokens = false }).Ids]));
    }
}

/// <summary>What a chat template writes behind an assistant's message.</summary>
/// <param name="Token">A token of its own, such as a mark of the turn's end; or null.</param>
/// <param name="Text">A text that is no token; or null.</param>
internal sealed record TurnEnd(int? Token, string? Text)
{
    /// <summary>Stands for an answer while the template is looked at; a word, so that no template takes it for anything else.</summary>
    private const string Answer = "Zyxwvut";

    private static readonly TurnEnd None = new(null, null);

    /// <summary>Finds out by rendering an answer behind the conversation.</summary>
    internal static TurnEnd Of(PipelineTokenizer tokenizer, IReadOnlyList<ChatMessage> messages, ChatOptions chat, CancellationToken cancel)
    {
        IEnumerable<ChatMessage> before = chat.ContinueFinalMessage ? messages.Take(messages.Count - 1) : messages;
        string text;
        try
        {
            text = tokenizer.ChatTemplate.Render([.. before, new ChatMessage("assistant", Answer)], chat with { AddGenerationPrompt = false, ContinueFinalMessage = false }, cancel).Text;
        }
        catch (ChatTemplateException)
        {
            // A template may refuse conversations that end so; the model's own end tokens are left.
            return None;
        }

        int at = text.LastIndexOf(Answer, StringComparison.Ordinal);
        string behind = at < 0 ? "" : text[(at + Answer.Length)..].TrimStart();
        if (behind.Length == 0)
        {
            return None;
        }

        IReadOnlyList<int> ids = tokenizer.Tokenize(behind, options: new TextEncodingOptions { AddSpecialTokens = false }).Ids;
        return tokenizer.IsAddedToken(ids[0]) ? new TurnEnd(ids[0], null) : new TurnEnd(null, behind.TrimEnd());
    }
}
