using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using OwnMessage = MLNet.Dispersion.Text.ChatMessage;

namespace MLNet.Dispersion;

/// <summary>A causal language model with a chat template as a chat client.</summary>
internal sealed class LanguageModelChatClient(PretrainedLanguageModel model, TextGenerationOptions defaults) : IChatClient
{
    private readonly ChatClientMetadata _metadata = new("MLNet.Dispersion", null, model.Name);

    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        OwnMessage[] conversation = Conversation(messages, options);
        TextGenerationOptions generation = Generation(options);
        GeneratedText answer = await Task.Run(() => model.Chat(conversation, generation, cancellationToken: cancellationToken), cancellationToken).ConfigureAwait(false);
        return new ChatResponse(new ChatMessage(ChatRole.Assistant, answer.Text))
        {
            ModelId = model.Name,
            CreatedAt = DateTimeOffset.UtcNow,
            FinishReason = Reason(answer),
            Usage = Usage(answer),
        };
    }

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        // What speaks against the arguments is thrown at once.
        return Stream(Conversation(messages, options), Generation(options), cancellationToken);
    }

    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType.IsInstanceOfType(this) ? this
            : serviceType.IsInstanceOfType(_metadata) ? _metadata
            : serviceType.IsInstanceOfType(model) ? model
            : null;
    }

    public void Dispose()
    {
        // The model is its owner's.
    }

    private async IAsyncEnumerable<ChatResponseUpdate> Stream(OwnMessage[] conversation, TextGenerationOptions generation, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        GeneratedText? answer = null;
        string id = Guid.NewGuid().ToString("N");
        await foreach (string piece in model.ChatStreamingAsync(conversation, generation, finished: whole => answer = whole, cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            yield return Update(new TextContent(piece));
        }

        ChatResponseUpdate last = Update(new UsageContent(Usage(answer!)));
        last.FinishReason = Reason(answer!);
        yield return last;

        ChatResponseUpdate Update(AIContent content) => new(ChatRole.Assistant, [content]) { ModelId = model.Name, ResponseId = id, MessageId = id, CreatedAt = DateTimeOffset.UtcNow };
    }

    private static OwnMessage[] Conversation(IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        ArgumentNullException.ThrowIfNull(messages);
        OwnMessage[] own = [.. messages.Select((message, place) => new OwnMessage(message.Role.Value, Text(message, place)))];
        return string.IsNullOrEmpty(options?.Instructions) ? own : [new OwnMessage("system", options.Instructions), .. own];
    }

    private static string Text(ChatMessage message, int place) => message.Contents.FirstOrDefault(content => content is not TextContent) is { } other
        ? throw new NotSupportedException($"Message {place} (from 0) holds {other.GetType().Name}; models of MLNet.Dispersion read text alone.")
        : message.Text;

    private TextGenerationOptions Generation(ChatOptions? options)
    {
        TextGenerationOptions own = defaults.Clone();
        if (options is null)
        {
            return own;
        }

        OptionCheck.RefuseOthers(
            options,
            nameof(options.Instructions), nameof(options.MaxOutputTokens), nameof(options.Temperature), nameof(options.TopK), nameof(options.TopP), nameof(options.Seed), nameof(options.StopSequences), nameof(options.ResponseFormat), nameof(options.ModelId));
        OptionCheck.CheckModel(options.ModelId, model.Name);
        if (options.ResponseFormat is not (null or ChatResponseFormatText))
        {
            throw new NotSupportedException($"ChatOptions.ResponseFormat is {options.ResponseFormat.GetType().Name}; models of MLNet.Dispersion write text alone. Leave it unset.");
        }

        own.MaxNewTokens = options.MaxOutputTokens ?? own.MaxNewTokens;
        own.Temperature = options.Temperature ?? own.Temperature;
        own.TopK = options.TopK ?? own.TopK;
        own.TopP = options.TopP ?? own.TopP;
        own.Seed = options.Seed is not { } seed ? own.Seed
            : seed is >= int.MinValue and <= int.MaxValue ? (int)seed
            : throw new ArgumentOutOfRangeException(nameof(options), seed, $"ChatOptions.Seed is {seed}; it must be a 32-bit number.");
        own.StopSequences = [.. own.StopSequences, .. options.StopSequences ?? []];
        own.Validate();
        return own;
    }

    private static ChatFinishReason Reason(GeneratedText answer) =>
        answer.FinishReason is GenerationFinishReason.MaxNewTokens or GenerationFinishReason.ContextLength ? ChatFinishReason.Length : ChatFinishReason.Stop;

    private static UsageDetails Usage(GeneratedText answer) => new()
    {
        InputTokenCount = answer.PromptTokens,
        CachedInputTokenCount = answer.ReusedPromptTokens,
        OutputTokenCount = answer.TokenIds.Count,
        TotalTokenCount = answer.PromptTokens + answer.TokenIds.Count,
    };
}
