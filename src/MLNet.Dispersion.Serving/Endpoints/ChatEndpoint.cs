using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace MLNet.Dispersion.Serving;

/// <summary>POST /v1/chat/completions.</summary>
internal sealed class ChatEndpoint(Engines engines, Gate gate)
{
    private const int UsualTokens = 512;

    internal async Task Handle(HttpContext context)
    {
        if (engines.Model.Writer is not { } model || !engines.Model.Chats)
        {
            throw OpenAI.NotServed(engines.Model, "/v1/chat/completions", "needs a model that writes and has a chat template");
        }

        RequestFields fields = await gate.Read(context).ConfigureAwait(false);
        OpenAI.CheckModel(fields, engines.Model);
        ChatMessage[] messages = Messages(fields);
        var request = WritingRequest.Read(fields, engines.Options, model.GenerationConfig, UsualTokens, "max_tokens", "max_completion_tokens");
        CheckFormat(fields);
        fields.RefuseOthers(
            ("n", 1), ("presence_penalty", 0), ("frequency_penalty", 0), ("logit_bias", new object()), ("logprobs", false), ("tools", Array.Empty<object>()), ("tool_choice", "none"), ("store", false), ("metadata", new object()));
        string id = OpenAI.NewId("chatcmpl");
        long created = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        if (request.Streams)
        {
            await EngineWriting.Stream(
                context,
                engines,
                (finished, cancel) => model.ChatStreaming(messages, request.Generation, finished: finished, cancellationToken: cancel),
                Chunk([Delta(new { role = "assistant", content = "" }, null)]),
                text => Chunk([Delta(new { content = text }, null)]),
                whole => request.IncludesUsage ? [Chunk([Delta(new { }, OpenAI.Reason(whole))]), Chunk([], OpenAI.Usage(whole.PromptTokens, whole.TokenIds.Count))] : [Chunk([Delta(new { }, OpenAI.Reason(whole))])]).ConfigureAwait(false);
        }
        else
        {
            GeneratedText answer = (await EngineWriting.Whole(engines, cancel => [model.Chat(messages, request.Generation, cancellationToken: cancel)], context.RequestAborted).ConfigureAwait(false))[0];
            await Gate.Write(context, new
            {
                id,
                @object = "chat.completion",
                created,
                model = engines.Model.Name,
                choices = new[] { new { index = 0, message = new { role = "assistant", content = answer.Text }, logprobs = (object?)null, finish_reason = OpenAI.Reason(answer) } },
                usage = OpenAI.Usage(answer.PromptTokens, answer.TokenIds.Count),
            }).ConfigureAwait(false);
        }

        if (messages[^1].Content is { } last)
        {
            engines.Watch?.Offer(last);
        }

        object Delta(object delta, string? reason) => new { index = 0, delta, logprobs = (object?)null, finish_reason = reason };

        object Chunk(IEnumerable<object> choices, object? usage = null) => new { id, @object = "chat.completion.chunk", created, model = engines.Model.Name, choices, usage };
    }

    private static void CheckFormat(RequestFields fields)
    {
        if (fields.Any("response_format") is { } given)
        {
            RequestFields format = RequestFields.Of(given, "response_format");
            if (format.String("type") != "text")
            {
                throw ApiException.Bad("'response_format.type' must be text; other forms are not done here.", "response_format.type", "unsupported_parameter");
            }

            format.RefuseOthers();
        }
    }

    private ChatMessage[] Messages(RequestFields fields)
    {
        if (fields.Any("messages") is not { ValueKind: JsonValueKind.Array } array)
        {
            throw fields.Wrong("messages", "an array of messages");
        }

        engines.CheckRows(array.GetArrayLength(), "messages");
        return [.. array.EnumerateArray().Select((json, i) => Message(json, $"messages[{i}]"))];
    }

    private ChatMessage Message(JsonElement json, string place)
    {
        RequestFields fields = RequestFields.Of(json, place);
        string role = fields.String("role") ?? throw fields.Wrong("role", "a string, such as user");
        JsonElement content = fields.Any("content") ?? throw fields.Wrong("content", "a string, or an array of parts of text");
        fields.RefuseOthers(("tool_calls", Array.Empty<object>()));
        string text = content.ValueKind == JsonValueKind.Array
            ? string.Concat(content.EnumerateArray().Select((part, i) => Part(part, $"{place}.content[{i}]")))
            : RequestFields.Text(content, $"{place}.content");
        engines.CheckText(text.Length, $"{place}.content");
        return new ChatMessage(role, text);
    }

    private static string Part(JsonElement json, string place)
    {
        RequestFields fields = RequestFields.Of(json, place);
        string kind = fields.String("type") ?? throw fields.Wrong("type", "text");
        if (kind != "text")
        {
            throw ApiException.Bad($"'{place}.type' must be text; the model reads nothing else.", $"{place}.type", "unsupported_parameter");
        }

        string text = fields.String("text") ?? throw fields.Wrong("text", "a string");
        fields.RefuseOthers();
        return text;
    }
}
