using System.Text.Json;

namespace MLNet.Dispersion.Serving.Tests;

public sealed class WritingTests
{
    [Fact]
    public async Task Completions_Prompts_AreWrittenAsTheModelWrites()
    {
        using PretrainedLanguageModel model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        string[] prompts = ["please refund", "the parcel is"];
        var options = new TextGenerationOptions { MaxNewTokens = 7, Temperature = 0.8, TopP = 0.9, Seed = 5, StopSequences = ["zz"] };
        IReadOnlyList<GeneratedText> expected = model.Generate(prompts, options);
        await using RunningServer server = await RunningServer.Start(SavedModels.Checkpoint, o => o.ModelName = "tiny");

        JsonElement answer = await server.Json("/v1/completions", new { model = "tiny", prompt = prompts, max_tokens = 7, temperature = 0.8, top_p = 0.9, seed = 5, stop = "zz", n = 1, presence_penalty = 0, logit_bias = new { } });

        Assert.Equal("text_completion", answer.GetProperty("object").GetString());
        Assert.Equal(expected.Select(text => text.Text), answer.GetProperty("choices").EnumerateArray().Select(choice => choice.GetProperty("text").GetString()));
        Assert.Equal(expected.Select(Reason), answer.GetProperty("choices").EnumerateArray().Select(choice => choice.GetProperty("finish_reason").GetString()));
        JsonElement usage = answer.GetProperty("usage");
        Assert.Equal((expected.Sum(text => text.PromptTokens), expected.Sum(text => text.TokenIds.Count)), (usage.GetProperty("prompt_tokens").GetInt32(), usage.GetProperty("completion_tokens").GetInt32()));
    }

    [Fact]
    public async Task Completions_Streamed_MakeTheWholeText()
    {
        await using RunningServer server = await RunningServer.Start(SavedModels.LanguageModel);
        JsonElement whole = await server.Json("/v1/completions", new { prompt = "please refund", max_tokens = 9, temperature = 0 });
        List<JsonElement> events = await Events(server, "/v1/completions", new { prompt = "please refund", max_tokens = 9, temperature = 0, stream = true, stream_options = new { include_usage = true } });

        Assert.Equal(whole.GetProperty("choices")[0].GetProperty("text").GetString(), string.Concat(events.SkipLast(1).Select(one => one.GetProperty("choices")[0].GetProperty("text").GetString())));
        Assert.Equal(whole.GetProperty("choices")[0].GetProperty("finish_reason").GetString(), events[^2].GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        Assert.Equal(0, events[^1].GetProperty("choices").GetArrayLength());
        Assert.Equal(whole.GetProperty("usage").GetProperty("total_tokens").GetInt32(), events[^1].GetProperty("usage").GetProperty("total_tokens").GetInt32());
        Assert.Single(events.Select(one => one.GetProperty("id").GetString()).Distinct());
    }

    [Fact]
    public async Task Chat_Conversation_IsAnsweredAsTheModelAnswers()
    {
        using PretrainedLanguageModel model = PretrainedLanguageModel.Load(ModelSource.FromDirectory(SavedModels.Chat));
        GeneratedText expected = model.Chat([new("system", "my"), new("user", "refund")], new TextGenerationOptions { MaxNewTokens = 6, Temperature = 0.9, Seed = 3 });
        await using RunningServer server = await RunningServer.Start(SavedModels.Chat);
        object[] messages = [new { role = "system", content = "my" }, new { role = "user", content = new[] { new { type = "text", text = "ref" }, new { type = "text", text = "und" } } }];

        JsonElement answer = await server.Json("/v1/chat/completions", new { model = "talker", messages, max_completion_tokens = 6, temperature = 0.9, seed = 3, response_format = new { type = "text" } });
        Assert.Equal("chat.completion", answer.GetProperty("object").GetString());
        JsonElement choice = answer.GetProperty("choices")[0];
        Assert.Equal((expected.Text, "assistant", Reason(expected)), (choice.GetProperty("message").GetProperty("content").GetString(), choice.GetProperty("message").GetProperty("role").GetString(), choice.GetProperty("finish_reason").GetString()));
        Assert.Equal(expected.PromptTokens, answer.GetProperty("usage").GetProperty("prompt_tokens").GetInt32());

        List<JsonElement> events = await Events(server, "/v1/chat/completions", new { messages, max_tokens = 6, temperature = 0.9, seed = 3, stream = true });
        Assert.All(events, one => Assert.Equal("chat.completion.chunk", one.GetProperty("object").GetString()));
        Assert.Equal("assistant", events[0].GetProperty("choices")[0].GetProperty("delta").GetProperty("role").GetString());
        Assert.Equal(expected.Text, string.Concat(events.Select(one => one.GetProperty("choices")[0].GetProperty("delta").TryGetProperty("content", out JsonElement piece) ? piece.GetString() : "")));
        Assert.Equal(Reason(expected), events[^1].GetProperty("choices")[0].GetProperty("finish_reason").GetString());
    }

    [Theory]
    [InlineData("/v1/completions", """{"prompt":"a","n":2}""", "n")]
    [InlineData("/v1/completions", """{"prompt":"a","logprobs":3}""", "logprobs")]
    [InlineData("/v1/completions", """{"prompt":"a","echo":true}""", "echo")]
    [InlineData("/v1/completions", """{"prompt":"a","presence_penalty":0.5}""", "presence_penalty")]
    [InlineData("/v1/completions", """{"prompt":"a","suffix":"b"}""", "suffix")]
    [InlineData("/v1/completions", """{"prompt":[1,2]}""", "prompt")]
    [InlineData("/v1/completions", """{"prompt":"a","max_tokens":0}""", "max_tokens")]
    [InlineData("/v1/completions", """{"prompt":"a","max_tokens":5000}""", "max_tokens")]
    [InlineData("/v1/completions", """{"prompt":"a","temperature":-1}""", "temperature")]
    [InlineData("/v1/completions", """{"prompt":"a","top_p":0}""", "top_p")]
    [InlineData("/v1/completions", """{"prompt":"a","seed":99999999999}""", "seed")]
    [InlineData("/v1/completions", """{"prompt":"a","stop":[""]}""", "stop")]
    [InlineData("/v1/completions", """{"prompt":"a","stream":"yes"}""", "stream")]
    [InlineData("/v1/completions", """{"prompt":"a","stream_options":{"include_usage":true}}""", "stream_options")]
    [InlineData("/v1/completions", """{"prompt":["a","b"],"stream":true}""", "prompt")]
    [InlineData("/v1/chat/completions", """{"messages":[{"role":"user","content":"a"}],"tools":[{"type":"function"}]}""", "tools")]
    [InlineData("/v1/chat/completions", """{"messages":[{"role":"user","content":"a"}],"response_format":{"type":"json_object"}}""", "response_format.type")]
    [InlineData("/v1/chat/completions", """{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}}]}]}""", "messages[0].content[0].type")]
    [InlineData("/v1/chat/completions", """{"messages":[{"role":"user","content":"a","name":"b"}]}""", "messages[0].name")]
    [InlineData("/v1/chat/completions", """{"messages":[{"role":"user"}]}""", "messages[0].content")]
    [InlineData("/v1/chat/completions", """{"messages":[]}""", "messages")]
    [InlineData("/v1/chat/completions", """{"messages":[{"role":"user","content":"a"}],"max_tokens":3,"max_completion_tokens":3}""", "max_completion_tokens")]
    [InlineData("/v1/chat/completions", """{"messages":[{"role":"user","content":"a"}],"reasoning_effort":"low"}""", "reasoning_effort")]
    public async Task Writing_WhatIsNotDone_IsRefusedByName(string path, string body, string parameter)
    {
        await using RunningServer server = await RunningServer.Start(SavedModels.Chat);
        JsonElement error = await RunningServer.Error(await server.PostText(path, body), 400);
        Assert.Equal(("invalid_request_error", parameter), (error.GetProperty("type").GetString(), error.GetProperty("param").GetString()));
        Assert.Contains(parameter, error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Writing_PromptThatFillsTheContext_IsRefusedWithTheModelsWords()
    {
        string text = string.Join(' ', Enumerable.Repeat("refund", 100));
        await using RunningServer server = await RunningServer.Start(SavedModels.Chat);
        Assert.Contains("context", (await server.Refused("/v1/completions", new { prompt = text }, 400)).GetProperty("message").GetString(), StringComparison.Ordinal);

        // A stream that cannot begin is an error like any other.
        Assert.Contains("context", (await server.Refused("/v1/completions", new { prompt = text, stream = true }, 400)).GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Endpoints_OfOtherKinds_Answer404AndSayWhichAnswer()
    {
        await using (RunningServer server = await RunningServer.Start(SavedModels.Classifier))
        {
            foreach (string path in new[] { "/v1/embeddings", "/v1/completions", "/v1/chat/completions" })
            {
                Assert.Contains("/predict", (await server.Refused(path, new { input = "a" }, 404)).GetProperty("message").GetString(), StringComparison.Ordinal);
            }

            Assert.Contains("GET", (await RunningServer.Error(await server.Client.GetAsync("/v1/embeddings"), 404)).GetProperty("message").GetString(), StringComparison.Ordinal);
        }

        await using (RunningServer server = await RunningServer.Start(SavedModels.Checkpoint))
        {
            Assert.Contains("/v1/completions", (await server.Refused("/predict", new { rows = Array.Empty<int>() }, 404)).GetProperty("message").GetString(), StringComparison.Ordinal);
            Assert.Contains("chat template", (await server.Refused("/v1/chat/completions", new { }, 404)).GetProperty("message").GetString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Models_NamesTheOneThatIsHere()
    {
        await using RunningServer server = await RunningServer.Start(SavedModels.Chat);
        JsonElement list = JsonDocument.Parse(await server.Client.GetStringAsync("/v1/models")).RootElement;
        Assert.Equal("talker", list.GetProperty("data")[0].GetProperty("id").GetString());
        Assert.Equal("model", JsonDocument.Parse(await server.Client.GetStringAsync("/v1/models/talker")).RootElement.GetProperty("object").GetString());
        await RunningServer.Error(await server.Client.GetAsync("/v1/models/other"), 404);
        Assert.Equal("model_not_found", (await server.Refused("/v1/completions", new { model = "gpt-5", prompt = "a" }, 404)).GetProperty("code").GetString());
    }

    private static string Reason(GeneratedText text) => text.FinishReason is GenerationFinishReason.MaxNewTokens or GenerationFinishReason.ContextLength ? "length" : "stop";

    private static async Task<List<JsonElement>> Events(RunningServer server, string path, object body)
    {
        using HttpResponseMessage response = await server.Post(path, body);
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        string[] events = text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.All(events, one => Assert.StartsWith("data: ", one, StringComparison.Ordinal));
        Assert.Equal("data: [DONE]", events[^1]);
        return [.. events.SkipLast(1).Select(one => JsonDocument.Parse(one["data: ".Length..]).RootElement)];
    }
}
