using System.Text;
using MLNet.Dispersion.Tests.Tokenization;

namespace MLNet.Dispersion.Tests.Inference;

/// <summary>A model's generation_config.json is followed where the caller leaves something open, and refused by name where it cannot be.</summary>
public sealed class GenerationConfigTests
{
    private static readonly string[] Prompts = ["the", "my parcel is", "please refund"];

    public static TheoryData<string, TextGenerationOptions> Settings => new()
    {
        { "{}", new() { MaxNewTokens = 64, Temperature = 0 } },
        { """{"temperature": 0.7, "top_k": 5}""", new() { MaxNewTokens = 64, Temperature = 0 } },
        { """{"max_new_tokens": 5}""", new() { MaxNewTokens = 5 } },
        { """{"max_new_tokens": 5, "do_sample": true}""", new() { MaxNewTokens = 5, Temperature = 1, TopK = 50 } },
        { """{"max_new_tokens": 7, "do_sample": true, "temperature": 0.7, "top_k": 4, "top_p": 0.8}""", new() { MaxNewTokens = 7, Temperature = 0.7, TopK = 4, TopP = 0.8 } },
        { """{"max_new_tokens": 7, "do_sample": true, "top_k": 0, "top_p": 1.0}""", new() { MaxNewTokens = 7, Temperature = 1 } },
        { """{"max_new_tokens": 7, "do_sample": true, "top_p": 0}""", new() { MaxNewTokens = 7, Temperature = 0 } },
        { """{"max_new_tokens": 9, "repetition_penalty": 1.8}""", new() { MaxNewTokens = 9, RepetitionPenalty = 1.8 } },
        { """{"max_new_tokens": 9, "stop_strings": ["e", "my"]}""", new() { MaxNewTokens = 9, StopSequences = ["e", "my"] } },
        { """{"max_new_tokens": 9, "stop_strings": "e"}""", new() { MaxNewTokens = 9, StopSequences = ["e"] } },
        { """{"max_new_tokens": 9, "num_beams": 1, "length_penalty": 2, "use_cache": false, "min_length": 0, "guidance_scale": null, "bad_words_ids": []}""", new() { MaxNewTokens = 9 } },
    };

    [Theory]
    [MemberData(nameof(Settings))]
    public void Generate_NothingSaid_FollowsTheFile(string file, TextGenerationOptions same)
    {
        using var model = Model(file);
        using var plain = PretrainedLanguageModel.Load(TinyBackbone.Backbone);

        Assert.Equal(Texts(plain.Generate(Prompts, same)), Texts(model.Generate(Prompts)));
        Assert.Equal(plain.Generate(["the"], same)[0].Text, string.Concat(model.GenerateStreaming("the")));
    }

    [Fact]
    public void Generate_MaxLength_CountsThePrompt()
    {
        using var model = Model("""{"max_length": 12}""");
        foreach (GeneratedText text in model.Generate(Prompts))
        {
            Assert.Equal(12, text.PromptTokens + text.TokenIds.Count);
            Assert.Equal(GenerationFinishReason.MaxNewTokens, text.FinishReason);
        }

        Assert.Equal(20, model.Generate(["the"], new() { MaxNewTokens = 20, StopAtEndOfText = false })[0].TokenIds.Count);
        string tooLong = string.Join(' ', Enumerable.Repeat("the", 20));
        Assert.Contains("max_length", Assert.Throws<ArgumentException>(() => model.Generate([tooLong])).Message, StringComparison.Ordinal);
        Assert.Equal(12, model.Generate([tooLong], new() { TruncatePrompts = true }) is [var cut] ? cut.PromptTokens + cut.TokenIds.Count : 0);
    }

    [Fact]
    public void Generate_CallersOptions_CountBeforeTheFile()
    {
        using var model = Model("""{"max_new_tokens": 3, "do_sample": true, "temperature": 2.5, "top_k": 3, "top_p": 0.5, "repetition_penalty": 1.7}""");
        using var plain = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        var own = new TextGenerationOptions { MaxNewTokens = 11, Temperature = 0.9, TopK = int.MaxValue, TopP = 1, RepetitionPenalty = 1, Seed = 5 };

        Assert.Equal(Texts(plain.Generate(Prompts, own)), Texts(model.Generate(Prompts, own)));
        Assert.Equal(Texts(plain.Generate(Prompts)), Texts(model.Generate(Prompts, new() { FollowGenerationConfig = false })));
    }

    [Theory]
    [InlineData("""{"num_beams": 4}""", "num_beams")]
    [InlineData("""{"do_sample": true, "typical_p": 0.5, "min_p": 0.1}""", "typical_p, min_p")]
    [InlineData("""{"suppress_tokens": [1, 2]}""", "suppress_tokens")]
    [InlineData("""{"some_new_field": "x"}""", "some_new_field")]
    public void Generate_FileAsksForMore_IsRefusedByNameUnlessSetAside(string file, string fields)
    {
        using var model = Model(file);

        string message = Assert.Throws<NotSupportedException>(() => model.Generate(Prompts)).Message;
        Assert.Contains(fields, message, StringComparison.Ordinal);
        Assert.Contains("FollowGenerationConfig", message, StringComparison.Ordinal);
        Assert.Equal(3, model.Generate(Prompts, new() { FollowGenerationConfig = false }).Count);
    }

    [Theory]
    [InlineData("""{"temperature": -1}""", "temperature")]
    [InlineData("""{"top_p": 1.5}""", "top_p")]
    [InlineData("""{"top_k": 2.5}""", "top_k")]
    [InlineData("""{"max_new_tokens": 0}""", "max_new_tokens")]
    [InlineData("""{"max_length": "long"}""", "max_length")]
    [InlineData("""{"eos_token_id": ["</s>"]}""", "eos_token_id")]
    [InlineData("""{"do_sample": 1}""", "do_sample")]
    [InlineData("""{"stop_strings": [1]}""", "stop_strings")]
    [InlineData("{", "JSON")]
    [InlineData("[]", "object")]
    public void Load_DamagedFile_NamesFileAndField(string file, string expected)
    {
        string message = Assert.Throws<ModelFileException>(() => Model(file)).Message;

        Assert.Contains("generation_config.json", message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    private static string[] Texts(IEnumerable<GeneratedText> texts) => [.. texts.Select(text => text.Text)];

    private static PretrainedLanguageModel Model(string generationConfig)
    {
        FileSource source = TinyBackbone.Backbone.Source;
        var files = new MemorySource();
        foreach (string file in source.FileNames())
        {
            files[file] = source.ReadAllBytes(file);
        }

        files["generation_config.json"] = Encoding.UTF8.GetBytes(generationConfig);
        return PretrainedLanguageModel.Load(ModelSource.FromSource("model", files));
    }
}
