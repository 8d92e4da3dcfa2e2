using System.Text.Json;

namespace MLNet.Dispersion.Tests.Training.Conversations;

/// <summary>Rows of published data: each field is read or refused by its name.</summary>
public sealed class ConversationFieldsTests
{
    [Theory]
    [InlineData("""{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}""", "user:a assistant:b")]
    [InlineData("""{"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}], "system": "s"}""", "system:s user:a assistant:b")]
    [InlineData("""{"conversations": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b", "weight": 1}], "system": ""}""", "user:a assistant:b")]
    public void Instruction_PublishedForms_AreRead(string json, string expected)
    {
        Instruction instruction = Instruction.FromJson(Parse(json));
        Assert.Equal(expected, string.Join(' ', instruction.Answer.Messages!.Select(message => $"{message.Role}:{message.Content}")));
        Assert.True(instruction.HasAnswer);
    }

    [Fact]
    public void Instruction_FieldsBesideTheForm_AreRead()
    {
        Instruction instruction = Instruction.FromJson(Parse("""{"prompt": [{"role": "user", "content": "a"}], "completion": [{"role": "assistant", "content": "b"}], "tools": "[{\"x\": 1}]", "chat_template_kwargs": {"y": true}, "weight": 0.5, "id": 3, "none": null}"""), ["id"]);
        Assert.Equal("a", instruction.Prompt!.Messages![0].Content);
        Assert.Equal(1, instruction.Tools![0].GetProperty("x").GetInt32());
        Assert.True(instruction.Variables["y"].GetBoolean());
        Assert.Equal(0.5f, instruction.Weight);
    }

    [Theory]
    [InlineData("""[]""", "A row is a JSON object")]
    [InlineData("""{"question": "a"}""", "this has question")]
    [InlineData("""{"messages": [], "text": "a"}""", "this has messages and text")]
    [InlineData("""{"text": "a", "id": 3}""", "Nothing is known of id")]
    [InlineData("""{"text": 3}""", "'text' is Number; it must be a text")]
    [InlineData("""{"prompt": "a"}""", "There is no field 'completion'")]
    [InlineData("""{"prompt": "a", "completion": []}""", "one is a text and one are messages")]
    [InlineData("""{"messages": [{"role": "user", "content": "a", "mood": 1}]}""", "messages[0] has a field 'mood'")]
    [InlineData("""{"messages": [{"role": "user", "content": "a", "weight": 0}]}""", "messages[0] has a field 'weight'")]
    [InlineData("""{"messages": [{"content": "a"}]}""", "messages[0] has no 'role'")]
    [InlineData("""{"messages": [7]}""", "messages[0]' is Number")]
    [InlineData("""{"conversations": [{"from": "bing", "value": "a"}]}""", "is from 'bing'")]
    [InlineData("""{"conversations": [{"from": "human"}]}""", "has no 'value'")]
    [InlineData("""{"conversations": [{"from": "human", "value": "a", "markdown": 1}]}""", "a field 'markdown'")]
    [InlineData("""{"messages": [{"role": "system", "content": "a"}], "system": "b"}""", "Leave one of them out")]
    [InlineData("""{"text": "a", "tools": "x"}""", "a text that is no JSON")]
    [InlineData("""{"text": "a", "weight": -1}""", "a number of at least 0")]
    public void Instruction_Others_AreRefusedByName(string json, string told) =>
        Assert.Contains(told, Assert.Throws<FormatException>(() => Instruction.FromJson(Parse(json))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"prompt": "a", "chosen": "b", "rejected": "c"}""", "a|b|c")]
    [InlineData("""{"chosen": "Say it: yes now", "rejected": "Say it: yes then"}""", "Say it: yes| now| then")]
    [InlineData("""{"prompt": "a", "chosen": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}], "rejected": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "c"}]}""", "a|b|c")]
    [InlineData("""{"chosen": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}], "rejected": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "c"}]}""", "a|b|c")]
    public void Pair_PublishedForms_AreRead(string json, string expected)
    {
        PreferencePair pair = PreferencePair.FromJson(Parse(json));
        Assert.Equal(expected, string.Join('|', new[] { pair.Prompt, pair.Chosen, pair.Rejected }.Select(part => part.Text ?? string.Join(' ', part.Messages!.Select(message => message.Content)))));
    }

    [Theory]
    [InlineData("""{"prompt": "a", "chosen": "b"}""", "There is no field 'rejected'")]
    [InlineData("""{"chosen": "b", "rejected": "c"}""", "no beginning in common")]
    [InlineData("""{"chosen": [{"role": "user", "content": "a"}], "rejected": [{"role": "user", "content": "b"}]}""", "begin with different messages")]
    [InlineData("""{"prompt": "x", "chosen": [{"role": "user", "content": "a"}], "rejected": [{"role": "user", "content": "a"}]}""", "do not begin with it")]
    [InlineData("""{"prompt": "a", "chosen": "b", "rejected": "c", "score_chosen": 3}""", "Nothing is known of score_chosen")]
    public void Pair_Others_AreRefusedByName(string json, string told) =>
        Assert.Contains(told, Assert.Throws<FormatException>(() => PreferencePair.FromJson(Parse(json))).Message, StringComparison.Ordinal);

    [Fact]
    public void File_ABadLine_IsNamed()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "{\"text\": \"a\"}\n\n{\"text\": 3}\n");
            Assert.Contains("line 3: The field 'text' is Number", Assert.Throws<FormatException>(() => ConversationFile.ReadInstructions(path)).Message, StringComparison.Ordinal);
            File.WriteAllText(path, "{\"prompt\": \"a\", \"chosen\": \"b\", \"rejected\": \"c\"}\n{oops\n");
            Assert.Contains("line 2: ", Assert.Throws<FormatException>(() => ConversationFile.ReadPreferences(path)).Message, StringComparison.Ordinal);
            File.WriteAllBytes(path, [(byte)'{', 0xff, (byte)'}']);
            Assert.Contains("no valid UTF-8", Assert.Throws<FormatException>(() => ConversationFile.ReadInstructions(path)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static JsonElement Parse(string json) => JsonSerializer.Deserialize<JsonElement>(json);
}
