using System.Text;
using System.Text.Json;
using MLNet.Dispersion.Tests.Tokenization;

namespace MLNet.Dispersion.Tests.Chat;

public sealed class ChatTemplateTests
{
    private static readonly ChatMessage[] Hi = [new("user", "hi")];

    [Theory]
    [InlineData("{{ a b }}", 1, 6, "'b'")]
    [InlineData("x\n  {% foo %}", 2, 6, "no tag 'foo'")]
    [InlineData("{% if a %}\n", 1, 11, "'{% endif %}'")]
    [InlineData("{{ x | nosuch }}", 1, 8, "no filter 'nosuch'")]
    [InlineData("{{ x is nosuch }}", 1, 9, "no test 'nosuch'")]
    [InlineData("a\r\nb {{ 'x", 2, 6, "not closed")]
    [InlineData("{# x", 1, 1, "'#}' is missing")]
    [InlineData("{% raw %} x", 1, 1, "'{% endraw %}' is missing")]
    [InlineData("{{ (1] }}", 1, 6, "closes nothing")]
    [InlineData("{% include 'x' %}", 1, 4, "'include' is not supported")]
    [InlineData("{% break %}", 1, 4, "no loop")]
    [InlineData("{% for x in y %}{% macro f() %}{% break %}{% endmacro %}{% endfor %}", 1, 35, "no loop")]
    [InlineData("{{ f(a=1, a=2) }}", 1, 11, "twice")]
    [InlineData("{{ '\\N{DASH}' }}", 1, 4, "\\uXXXX")]
    [InlineData("{% macro f(a=1, b) %}{% endmacro %}", 1, 17, "needs a default")]
    public void Parse_FaultyTemplate_NamesThePlaceAndTheFault(string template, int line, int column, string expected)
    {
        var error = Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse(template));

        Assert.Equal((line, column), (error.Line, error.Column));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.StartsWith($"Chat template, line {line}, column {column}: ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\n\n{{ messages[0].nope.x }}", 3, "has no attribute 'nope'")]
    [InlineData("{{ nosuch.x }}", 1, "'nosuch' is undefined")]
    [InlineData("{{ 'a' + 1 }}", 1, "'| string'")]
    [InlineData("{{ messages[0].content() }}", 1, "cannot be called")]
    [InlineData("{{ 1 / 0 }}", 1, "zero")]
    [InlineData("{% set x.y = 1 %}", 1, "namespace()")]
    [InlineData("{{ messages | map('upper') | tojson }}", 1, "'| list'")]
    [InlineData("{{ cycler }}", 1, "'cycler' is not supported")]
    [InlineData("{{ 1 | pprint }}", 1, "'pprint' is not supported")]
    [InlineData("{{ 'x'.encode() }}", 1, "'encode'")]
    [InlineData("{{ ('<a>' | escape) ~ 'b' }}", 1, "'| escape'")]
    public void Render_TemplateThatDoesNotFit_NamesThePlaceAndTheCure(string template, int line, string expected)
    {
        var error = Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse(template).Render(Hi));

        Assert.Equal(line, error.Line);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_RaisedByTheTemplate_HasItsWordsAlone()
    {
        var error = Assert.Throws<ChatTemplateRaisedException>(() => ChatTemplate.Parse("{{ raise_exception('Roles ' ~ 1) }}").Render(Hi));

        Assert.Equal("Roles 1", error.Message);
        Assert.Equal(1, error.Line);
    }

    [Fact]
    public void Render_NoMessageOrContradiction_IsRefused()
    {
        ChatTemplate template = ChatTemplate.Parse("{{ messages }}");

        Assert.Throws<ArgumentException>(() => template.Render([]));
        Assert.Throws<ArgumentException>(() => template.Render(Hi, new() { AddGenerationPrompt = true, ContinueFinalMessage = true }));
    }

    [Fact]
    public void Render_ToolsDocumentsVariables_AreSeen()
    {
        ChatTemplate template = ChatTemplate.Parse("{{ tools is none }}{{ tools | tojson }}{{ documents[0].title }}{{ thinking }}{{ eos_token }}", new Dictionary<string, string> { ["eos_token"] = "<e>" });
        var options = new ChatOptions
        {
            Tools = [JsonSerializer.SerializeToElement(new { name = "f" })],
            Documents = [JsonSerializer.SerializeToElement(new { title = "T" })],
            Variables = new Dictionary<string, JsonElement> { ["thinking"] = JsonSerializer.SerializeToElement(false), ["eos_token"] = JsonSerializer.SerializeToElement("<own>") },
        };

        Assert.Equal("False[{\"name\": \"f\"}]TFalse<own>", template.Render(Hi, options).Text);
        Assert.Equal("TrueNone", ChatTemplate.Parse("{{ tools is none }}{{ documents }}").Render(Hi).Text);
    }

    [Fact]
    public void Message_Fields_KeepTheirOrderAndPlace()
    {
        ChatMessage message = new ChatMessage("user", "ä<b>").With("name", "Ann").With("content", new[] { new { type = "text", text = "x" } });

        Assert.Equal("{\"role\": \"user\", \"content\": [{\"type\": \"text\", \"text\": \"x\"}], \"name\": \"Ann\"}", ChatTemplate.Parse("{{ messages[0] | tojson }}").Render([message]).Text);
        Assert.Equal(("user", null), (message.Role, message.Content));
        Assert.Equal("ä<b>", ChatTemplate.Parse("{{ messages[0].content }}").Render([new("user", "ä<b>")]).Text);
    }

    [Fact]
    public void Message_CallsAndResults_AreWhatTemplatesExpect()
    {
        ChatMessage[] messages = [ChatMessage.Calling(null, new ChatToolCall("f", new { x = 1 }, "id1")), ChatMessage.ToolResult("7", "id1", "f")];

        Assert.Equal(
            "[{\"role\": \"assistant\", \"tool_calls\": [{\"type\": \"function\", \"function\": {\"name\": \"f\", \"arguments\": {\"x\": 1}}, \"id\": \"id1\"}]}, {\"role\": \"tool\", \"content\": \"7\", \"tool_call_id\": \"id1\", \"name\": \"f\"}]",
            ChatTemplate.Parse("{{ messages | tojson }}").Render(messages).Text);
        Assert.Throws<ArgumentException>(() => ChatMessage.Calling("x"));
        Assert.Throws<ArgumentException>(() => ChatMessage.FromJson(JsonSerializer.SerializeToElement(1)));
    }

    [Fact]
    public void Render_NumbersOfJson_KeepTheirKind() =>
        Assert.Equal("1 1.0 1e+21 123456789012345678901234567890 -0.0", ChatTemplate.Parse("{{ messages[0].n | join(' ') }}").Render([ChatMessage.FromJson(JsonSerializer.Deserialize<JsonElement>("""{"n": [1, 1.0, 1e21, 123456789012345678901234567890, -0.0]}"""))]).Text);

    [Fact]
    public void Render_HalfACharacterInJson_IsRefusedByName() =>
        Assert.Contains("Unicode", Assert.Throws<ArgumentException>(() => ChatTemplate.Parse("{{ messages }}").Render([ChatMessage.FromJson(JsonSerializer.Deserialize<JsonElement>("""{"role": "\ud800"}"""))])).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("0", "0 0 0 0")]
    [InlineData("7", "7 7 111 7")]
    [InlineData("8", "8 10 1000 8")]
    [InlineData("255", "ff 377 11111111 FF")]
    [InlineData("-4096", "-1000 -10000 -1000000000000 -1000")]
    [InlineData("2 ** 64 - 1", "ffffffffffffffff 1777777777777777777777 1111111111111111111111111111111111111111111111111111111111111111 FFFFFFFFFFFFFFFF")]
    public void Render_WholeNumbersInOtherBases_AreWrittenAsPythonDoes(string number, string expected) =>
        Assert.Equal(expected, Snippet.Render($"{{% set n = {number} %}}{{{{ '{{:x}} {{:o}} {{:b}} {{:X}}'.format(n, n, n, n) }}}}").Text);

    [Fact]
    public void Render_SeveralThreads_GiveTheSame()
    {
        ChatTemplate template = ChatTemplate.Parse("{% set ns = namespace(t='') %}{% for m in messages %}{% set ns.t = ns.t ~ m.content * 100 %}{% endfor %}{{ ns.t }}");
        ChatMessage[] messages = [.. Enumerable.Range(0, 50).Select(i => new ChatMessage("user", $"text {i} "))];
        string expected = template.Render(messages).Text;

        Parallel.For(0, 64, _ => Assert.Equal(expected, template.Render(messages).Text));
    }

    [Theory]
    [InlineData("{% generation %}{{ messages[0].content }}{% endgeneration %}.", "hi")]
    [InlineData("a{% for m in messages %}{% generation %}😀{{ m.content }}{% endgeneration %}{% endfor %}", "😀hi")]
    [InlineData("{% macro f() %}{% generation %}x{% endgeneration %}{% endmacro %}{{ f() }}", null)]
    public void Render_GenerationBlocks_GiveTheirPlaces(string template, string? expected)
    {
        ChatText text = ChatTemplate.Parse(template).Render(Hi);

        Assert.Equal(expected is null ? [] : [expected], text.GenerationSpans.Select(span => text.Text[span.Start..span.End]));
    }

    [Fact]
    public void MaskOf_TokensAtEdges_MarksThoseThatOverlap()
    {
        var text = new ChatText { Text = "0123456789", GenerationSpans = [new(2, 4), new(4, 4), new(6, 8)] };

        Assert.Equal([false, true, true, false, false, true, false, false], text.MaskOf([new(0, 2), new(1, 3), new(3, 6), new(4, 6), new(6, 6), new(7, 9), new(8, 9), new(9, 9)]));
    }

    [Theory]
    [InlineData("{{ messages[-1].content }}END", "go on ", "go on ")]
    [InlineData("{{ messages[-1].content | trim }}END", "go on ", "go on")]
    public void Render_ContinuedMessage_EndsWithinIt(string template, string content, string expected) =>
        Assert.Equal(expected, ChatTemplate.Parse(template).Render([new("assistant", content)], new() { ContinueFinalMessage = true }).Text);

    [Fact]
    public void Render_ContinuedMessageThatIsNotPrinted_IsRefused()
    {
        var options = new ChatOptions { ContinueFinalMessage = true };

        Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse("x").Render(Hi, options));
        Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse("{{ messages[0].content | upper }}").Render(Hi, options));
        Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse("{{ messages[0].content }}").Render(Hi, options with { ContinueField = "reasoning_content" }));
        Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse("{{ messages }}").Render([new ChatMessage("user", "x").With("content", 42)], options));
    }

    [Fact]
    public void Load_FolderOfFiles_TakesThemBeforeTheConfig()
    {
        using var files = new TemporaryFiles(JsonSerializer.SerializeToElement(new Dictionary<string, object>
        {
            ["tokenizer_config.json"] = new { chat_template = "CONFIG", bos_token = new { content = "<s>" }, eos_token = (string?)null, extra_special_tokens = new { image_token = "<img>" } },
            ["special_tokens_map.json"] = new { eos_token = "</s>", pad_token = "<p>" },
            ["chat_template.jinja"] = "FILE{{ bos_token }}{{ eos_token is defined }}{{ pad_token }}{{ image_token }}",
            ["additional_chat_templates/tool_use.jinja"] = "TOOLS",
            ["additional_chat_templates/notes.txt"] = "x",
        }));
        ChatTemplate template = ChatTemplate.Load(new DirectorySource(files.Path));

        Assert.Equal(["default", "tool_use"], template.Names);
        Assert.Equal("FILE<s>False<p><img>", template.Render(Hi).Text);
        Assert.Equal("TOOLS", template.Render(Hi, new() { Tools = [] }).Text);
        Assert.Equal("TOOLS", template.Render(Hi, new() { Template = "tool_use" }).Text);
        Assert.Equal("other", template.Render(Hi, new() { Template = "other" }).Text);
    }

    [Theory]
    [InlineData("""{"chat_template": 7}""", "chat_template")]
    [InlineData("""{"chat_template": [{"name": "a"}]}""", "template")]
    [InlineData("""{"chat_template": "x", "bos_token": 7}""", "bos_token")]
    [InlineData("{", "line 1")]
    public void Load_DamagedConfig_NamesFileAndField(string config, string expected)
    {
        var error = Assert.Throws<ModelFileException>(() => ChatTemplate.Load(MemorySource.Of(("tokenizer_config.json", config))));

        Assert.Equal("memory/tokenizer_config.json", error.File);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_DamagedOrHugeTemplateFile_IsRefusedByName()
    {
        var files = new MemorySource { ["chat_template.jinja"] = [0xff, 0xfe] };
        Assert.Contains("UTF-8", Assert.Throws<ModelFileException>(() => ChatTemplate.Load(files)).Message, StringComparison.Ordinal);

        files["chat_template.jinja"] = Encoding.UTF8.GetBytes(new string('x', 1000));
        Assert.Contains("MaxSourceLength", Assert.Throws<ModelFileException>(() => ChatTemplate.Load(files, new() { MaxSourceLength = 100 })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_ModelWithoutTemplate_SaysSoWhenItIsNeeded()
    {
        ChatTemplate template = ChatTemplate.Load(MemorySource.Of(("tokenizer_config.json", "{}")));

        Assert.Empty(template.Names);
        Assert.Contains("memory: This model has no chat template", Assert.Throws<ChatTemplateException>(() => template.Render(Hi)).Message, StringComparison.Ordinal);
    }
}
