using Microsoft.AspNetCore.Http;

namespace MLNet.Dispersion.Serving;

/// <summary>POST /v1/completions.</summary>
internal sealed class CompletionsEndpoint(Engines engines, Gate gate)
{
    private const int UsualTokens = 64;

    internal async Task Handle(HttpContext context)
    {
        if (engines.Model.Writer is not { } model)
        {
            throw OpenAI.NotServed(engines.Model, "/v1/completions", "needs a model that writes");
        }

        RequestFields fields = await gate.Read(context).ConfigureAwait(false);
        OpenAI.CheckModel(fields, engines.Model);
        string[] prompts = fields.Strings("prompt");
        var request = WritingRequest.Read(fields, engines.Options, model.GenerationConfig, UsualTokens, "max_tokens");
        fields.RefuseOthers(("n", 1), ("best_of", 1), ("echo", false), ("presence_penalty", 0), ("frequency_penalty", 0), ("logit_bias", new object()));
        engines.CheckRows(prompts.Length, "prompt");
        for (int i = 0; i < prompts.Length; i++)
        {
            engines.CheckText(prompts[i].Length, prompts.Length == 1 ? "prompt" : $"prompt[{i}]");
        }

        if (request.Streams && prompts.Length > 1)
        {
            throw ApiException.Bad($"'prompt' has {prompts.Length} texts, and a stream is of one. Send them one by one, or without \"stream\".", "prompt", "invalid_value");
        }

        Gate.Trace("dispersion.rows", prompts.Length);
        string id = OpenAI.NewId("cmpl");
        long created = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        if (request.Streams)
        {
            await EngineWriting.Stream(
                context,
                engines,
                (finished, cancel) => model.GenerateStreaming(prompts[0], request.Generation, finished, cancel),
                begin: null,
                text => Chunk([Choice(text, 0, null)]),
                whole => request.IncludesUsage ? [Chunk([Choice("", 0, OpenAI.Reason(whole))]), Chunk([], OpenAI.Usage(whole.PromptTokens, whole.TokenIds.Count))] : [Chunk([Choice("", 0, OpenAI.Reason(whole))])]).ConfigureAwait(false);
        }
        else
        {
            IReadOnlyList<GeneratedText> texts = await EngineWriting.Whole(engines, cancel => model.Generate(prompts, request.Generation, cancellationToken: cancel), context.RequestAborted).ConfigureAwait(false);
            await Gate.Write(context, Chunk(texts.Select((text, i) => Choice(text.Text, i, OpenAI.Reason(text))), OpenAI.Usage(texts.Sum(text => text.PromptTokens), texts.Sum(text => text.TokenIds.Count)))).ConfigureAwait(false);
        }

        foreach (string prompt in prompts)
        {
            engines.Watch?.Offer(prompt);
        }

        object Choice(string text, int index, string? reason) => new { text, index, logprobs = (object?)null, finish_reason = reason };

        object Chunk(IEnumerable<object> choices, object? usage = null) => new { id, @object = "text_completion", created, model = engines.Model.Name, choices, usage };
    }
}
