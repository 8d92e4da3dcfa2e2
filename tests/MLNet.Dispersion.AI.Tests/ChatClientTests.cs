using Microsoft.Extensions.AI;

namespace MLNet.Dispersion.Tests.AI;

public sealed class ChatClientTests : IDisposable
{
    private const string Template = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}";
    private readonly string _folder = Directory.CreateTempSubdirectory("mlnet-dispersion-chat-").FullName;
    private readonly PretrainedLanguageModel _model;

    public ChatClientTests()
    {
        foreach (string file in Directory.EnumerateFiles(TinyBackbone.WholeDirectory))
        {
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
        }

        File.WriteAllText(Path.Combine(_folder, "chat_template.jinja"), Template);
        _model = PretrainedLanguageModel.Load(ModelSource.FromDirectory(_folder));
    }

    public void Dispose()
    {
        _model.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task GetResponseAsync_Conversation_AnswersAsTheModel()
    {
        var options = new Microsoft.Extensions.AI.ChatOptions { Instructions = "my", MaxOutputTokens = 5, Temperature = 0.7f, TopK = 20, TopP = 0.9f, Seed = 3, StopSequences = ["zz"], ResponseFormat = ChatResponseFormat.Text };
        using IChatClient client = _model.AsIChatClient();

        ChatResponse found = await client.GetResponseAsync([new(ChatRole.User, "refund")], options);

        GeneratedText expected = _model.Chat(
            [new Text.ChatMessage("system", "my"), new Text.ChatMessage("user", "refund")], new TextGenerationOptions { MaxNewTokens = 5, Temperature = 0.7f, TopK = 20, TopP = 0.9f, Seed = 3, StopSequences = ["zz"] });
        Assert.Equal(expected.Text, found.Text);
        Assert.Equal((expected.PromptTokens, expected.TokenIds.Count, _model.Name), ((int)found.Usage!.InputTokenCount!, (int)found.Usage.OutputTokenCount!, found.ModelId));
        Assert.Equal(expected.FinishReason == GenerationFinishReason.MaxNewTokens ? ChatFinishReason.Length : ChatFinishReason.Stop, found.FinishReason);
        Assert.Same(_model, client.GetService(typeof(PretrainedLanguageModel)));
    }

    [Fact]
    public async Task GetStreamingResponseAsync_Pieces_MakeTheAnswer()
    {
        IChatClient client = _model.AsIChatClient(new TextGenerationOptions { MaxNewTokens = 6 });
        Microsoft.Extensions.AI.ChatMessage[] conversation = [new(ChatRole.User, "refund")];
        ChatResponse whole = await client.GetResponseAsync(conversation);

        List<ChatResponseUpdate> updates = [];
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync(conversation))
        {
            updates.Add(update);
        }

        ChatResponse streamed = updates.ToChatResponse();
        Assert.Equal((whole.Text, whole.FinishReason, whole.Usage!.OutputTokenCount), (streamed.Text, streamed.FinishReason, streamed.Usage!.OutputTokenCount));
        Assert.Single(updates.Select(update => update.MessageId).Distinct());

        // Who stops reading stops the writing, and the model is free for others.
        await foreach (ChatResponseUpdate _ in client.GetStreamingResponseAsync(conversation))
        {
            break;
        }

        Assert.Equal(whole.Text, (await client.GetResponseAsync(conversation)).Text);
    }

    [Fact]
    public async Task GetResponseAsync_WhatIsNotDone_IsRefusedByName()
    {
        IChatClient client = _model.AsIChatClient();

        Assert.Contains("Tools", await Refused(new() { Tools = [AIFunctionFactory.Create(() => 1, "one")] }), StringComparison.Ordinal);
        Assert.Contains("FrequencyPenalty", await Refused(new() { FrequencyPenalty = 0.5f }), StringComparison.Ordinal);
        Assert.Contains("ResponseFormat", await Refused(new() { ResponseFormat = ChatResponseFormat.Json }), StringComparison.Ordinal);
        Assert.Contains("ConversationId", await Refused(new() { ConversationId = "1" }), StringComparison.Ordinal);
        Assert.Contains("Message 0", (await Assert.ThrowsAsync<NotSupportedException>(() => client.GetResponseAsync([new(ChatRole.User, [new DataContent(new byte[] { 1 }, "image/png")])]))).Message, StringComparison.Ordinal);
        Assert.Contains("MaxNewTokens", (await Assert.ThrowsAnyAsync<ArgumentException>(() => client.GetResponseAsync("refund", new() { MaxOutputTokens = 0 }))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.GetResponseAsync("refund", cancellationToken: new CancellationToken(canceled: true)));

        async Task<string> Refused(Microsoft.Extensions.AI.ChatOptions options) => (await Assert.ThrowsAsync<NotSupportedException>(() => client.GetResponseAsync("refund", options))).Message;
    }
}
