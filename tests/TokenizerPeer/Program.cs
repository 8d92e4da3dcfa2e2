using System.Text.Json;
using System.Text.Json.Nodes;
using Tokenizers.DotNet;

// Answers with Hugging Face's library, in a process of its own: it ends the process where its code panics.
// In: the path of a tokenizer.json, then {"text"} a line; out: {"ids", "decode_skip"} or {"error"} a line.
Tokenizer? tokenizer = null;
while (Console.In.ReadLine() is { } line)
{
    JsonObject answer;
    try
    {
        if (tokenizer is null)
        {
            tokenizer = new Tokenizer(line);
            answer = new JsonObject { ["loaded"] = true };
        }
        else
        {
            uint[] ids = tokenizer.Encode(JsonSerializer.Deserialize<JsonElement>(line).GetProperty("text").GetString()!);
            answer = new JsonObject { ["ids"] = new JsonArray([.. ids.Select(id => (JsonNode)(int)id)]), ["decode_skip"] = tokenizer.Decode(ids) };
        }
    }
    catch (TokenizerException e)
    {
        answer = new JsonObject { ["error"] = e.Message };
    }

    Console.Out.WriteLine(answer.ToJsonString());
    Console.Out.Flush();
}
