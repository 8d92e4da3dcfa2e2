namespace MLNet.Dispersion.Tests.Tokenization;

public class TokenizerRoundTripTests
{
    public static TheoryData<string> SideFiles =>
    [
        """{}""",
        """{"bos_token": null, "eos_token": "<|endoftext|>", "chat_template": "{{ x }}"}""",
        """{"eos_token": {"__type": "AddedToken", "content": "<|endoftext|>", "lstrip": true}, "add_bos_token": true, "bos_token": "!"}""",
        """{"tokenizer_class": "Qwen2Tokenizer", "added_tokens_decoder": {"400": {"content": "<pad>", "special": true}, "270": {"content": "<word>", "rstrip": true, "lstrip": true, "normalized": true}}}""",
        """{"add_prefix_space": true, "additional_special_tokens": ["the", {"__type": "AddedToken", "content": "12"}, "absent"]}""",
    ];

    [Theory]
    [MemberData(nameof(SideFiles))]
    public void Save_ThenLoad_GivesAnEqualTokenizer(string tokenizerConfig)
    {
        MemorySource files = SmallBpe.Files();
        files["tokenizer_config.json"] = System.Text.Encoding.UTF8.GetBytes(tokenizerConfig);
        files["config.json"] = """{"model_type": "gpt2", "bos_token_id": 269, "eos_token_id": [269, 3]}"""u8.ToArray();

        Reloaded.AssertEqual(TextTokenizer.Load(files));
    }

    [Fact]
    public void Save_TokensKnownFromConfigJsonAlone_AreWrittenDown()
    {
        MemorySource files = SmallBpe.Files();
        files["special_tokens_map.json"] = "{}"u8.ToArray();
        files["config.json"] = """{"model_type": "qwen3", "eos_token_id": 269}"""u8.ToArray();
        TextTokenizer tokenizer = TextTokenizer.Load(files);

        Assert.Equal([269], tokenizer.Encode("<|endoftext|>").Ids);
        Reloaded.AssertEqual(tokenizer);
    }

    [Fact]
    public void Save_ChatTemplateOfTheOriginal_IsKept()
    {
        MemorySource files = SmallBpe.Files();
        files["tokenizer_config.json"] = """{"chat_template": "hello"}"""u8.ToArray();
        var saved = new MemorySource();
        TextTokenizer.Load(files).Save(saved.Sink());

        Assert.Contains("\"chat_template\": \"hello\"", saved.Text("tokenizer_config.json"));
    }
}
