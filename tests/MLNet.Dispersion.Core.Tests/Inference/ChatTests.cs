using System.Text;
using MLNet.Dispersion.Tests.Tokenization;

namespace MLNet.Dispersion.Tests.Inference;

/// <summary>A chat is the template's text, encoded as it is, and ends where the template ends an answer.</summary>
public sealed class ChatTests
{
    private const string Marked = "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>\n{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}";
    private static readonly ChatMessage[] Question = [new("user", "my parcel is")];

    [Fact]
    public void Chat_Template_GivesPromptAndEnd()
    {
        using var model = Model(Marked, "<|user|>", "<|assistant|>", "<|end|>");
        var tokenizer = (PipelineTokenizer)model.Tokenizer;
        var options = new TextGenerationOptions { MaxNewTokens = 30, Temperature = 1.5, StopAtEndOfText = false };
        int end = tokenizer.IdOf("<|end|>")!.Value;

        // The answer is what is written behind the rendered text, up to the mark of the turn's end.
        int seed = Enumerable.Range(0, 400).First(seed => model.Generate(["<|user|>my parcel is<|end|>\n<|assistant|>"], With(options, seed))[0].TokenIds.Skip(1).Contains(end));
        GeneratedText whole = model.Generate(["<|user|>my parcel is<|end|>\n<|assistant|>"], With(options, seed))[0];
        options.StopAtEndOfText = true;
        GeneratedText answer = model.Chat(Question, With(options, seed));

        Assert.Equal(whole.TokenIds.TakeWhile(id => id != end && id != tokenizer.EosTokenId), answer.TokenIds);
        Assert.Equal(GenerationFinishReason.EndOfText, answer.FinishReason);
        Assert.Equal(whole.PromptTokens, answer.PromptTokens);
        Assert.Equal(answer.Text, string.Concat(model.ChatStreaming(Question, With(options, seed))));
    }

    [Fact]
    public void Chat_EndThatIsNoToken_StopsAtItsText()
    {
        using var model = Model("{% for m in messages %}{{ m.role }}: {{ m.content }} e\n{% endfor %}");
        var options = new TextGenerationOptions { MaxNewTokens = 40, Temperature = 1.5 };
        int seed = Enumerable.Range(0, 400).First(seed => model.Generate(["user: my parcel is e\n"], With(options, seed))[0].Text.LastIndexOf('e') > 3);
        string without = model.Generate(["user: my parcel is e\n"], With(options, seed))[0].Text;

        GeneratedText answer = model.Chat(Question, With(options, seed));

        Assert.Equal(without[..without.IndexOf('e')], answer.Text);
        Assert.Equal(GenerationFinishReason.StopSequence, answer.FinishReason);
    }

    [Fact]
    public void Chat_LastMessageContinued_GoesOnWithinIt()
    {
        using var model = Model(Marked, "<|user|>", "<|assistant|>", "<|end|>");
        ChatMessage[] begun = [.. Question, new("assistant", "the courier")];

        GeneratedText answer = model.Chat(begun, new() { MaxNewTokens = 6 }, new() { ContinueFinalMessage = true });

        Assert.Equal(model.Generate(["<|user|>my parcel is<|end|>\n<|assistant|>the courier"], new() { MaxNewTokens = 6 })[0].TokenIds, answer.TokenIds);
    }

    [Fact]
    public void Chat_TemplateThatRefusesAnAnswer_StillEndsWithTheModelsToken()
    {
        using var model = Model("{% if messages[-1].role == 'assistant' %}{{ raise_exception('no') }}{% endif %}{{ messages[0].content }}");

        Assert.Equal(5, model.Chat(Question, new() { MaxNewTokens = 5, StopAtEndOfText = false }).TokenIds.Count);
        Assert.Throws<ChatTemplateRaisedException>(() => model.Chat([.. Question, new("assistant", "x")]));
    }

    [Fact]
    public void Chat_WithoutTemplateOrRoom_SaysSo()
    {
        using var plain = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        Assert.Contains("no chat template", Assert.Throws<ChatTemplateException>(() => plain.Chat(Question)).Message, StringComparison.Ordinal);
        Assert.Contains("encoder", Assert.Throws<ArgumentException>(() => PretrainedLanguageModel.Load(TinyBert.Backbone).Chat(Question)).Message, StringComparison.Ordinal);

        using var model = Model(Marked);
        Assert.Throws<ArgumentException>(() => model.Chat([]));
        Assert.Contains("context", Assert.Throws<ArgumentException>(() => model.Chat([new("user", string.Join(' ', Enumerable.Repeat("parcel", 90)))])).Message, StringComparison.Ordinal);
        using var cancel = new CancellationTokenSource();
        cancel.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => model.Chat(Question, cancellationToken: cancel.Token));
    }

    private static TextGenerationOptions With(TextGenerationOptions options, int seed)
    {
        TextGenerationOptions copy = options.Clone();
        copy.Seed = seed;
        return copy;
    }

    /// <summary>The tiny model with a template, and tokens for marks in the place of rare ones.</summary>
    private static PretrainedLanguageModel Model(string template, params string[] marks)
    {
        FileSource source = TinyBackbone.Backbone.Source;
        var files = new MemorySource();
        foreach (string file in source.FileNames())
        {
            files[file] = source.ReadAllBytes(file);
        }

        files["chat_template.jinja"] = Encoding.UTF8.GetBytes(template);
        var config = System.Text.Json.Nodes.JsonNode.Parse(files.Text("tokenizer_config.json"))!.AsObject();
        var vocabulary = System.Text.Json.Nodes.JsonNode.Parse(files.Text("vocab.json"))!.AsObject();
        foreach (var (mark, index) in marks.Select((mark, index) => (mark, index)))
        {
            string rare = vocabulary.First(entry => (int)entry.Value! == index).Key;
            vocabulary.Remove(rare);
            vocabulary[mark] = index;
            config["added_tokens_decoder"]![$"{index}"] = new System.Text.Json.Nodes.JsonObject { ["content"] = mark, ["special"] = true };
        }

        files["vocab.json"] = Encoding.UTF8.GetBytes(vocabulary.ToJsonString());
        files["tokenizer_config.json"] = Encoding.UTF8.GetBytes(config.ToJsonString());
        return PretrainedLanguageModel.Load(ModelSource.FromSource("chat", files));
    }
}
