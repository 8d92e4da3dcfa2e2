namespace MLNet.Dispersion.Serving;

/// <summary>What the endpoints of OpenAI's interface have in common.</summary>
internal static class OpenAI
{
    /// <summary>Checks which model a request asks for; one that names none means the one that is here.</summary>
    /// <exception cref="ApiException">It is another.</exception>
    internal static void CheckModel(RequestFields fields, ServedModel model)
    {
        if (fields.String("model") is { } asked && asked != model.Name)
        {
            throw new ApiException(404, $"The model '{RequestFields.Short(asked)}' is not here; this server has '{model.Name}'.", "model", "model_not_found");
        }
    }

    /// <summary>The error of an endpoint that the model cannot answer.</summary>
    internal static ApiException NotServed(ServedModel model, string endpoint, string needs) =>
        new(404, $"{endpoint} {needs}; the model '{model.Name}' answers {(model.Endpoints is { Length: > 0 } own ? own : "nothing")}.", code: "endpoint_not_available");

    internal static string NewId(string kind) => $"{kind}-{Guid.NewGuid():N}";

    internal static object Usage(int prompt, int completion) => new { prompt_tokens = prompt, completion_tokens = completion, total_tokens = prompt + completion };

    internal static string Reason(GeneratedText text) => text.FinishReason is GenerationFinishReason.MaxNewTokens or GenerationFinishReason.ContextLength ? "length" : "stop";
}
