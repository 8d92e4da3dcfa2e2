using System.Text.Json;
using System.Text.Json.Nodes;
using Tokenizers.DotNet;

// Answers with Hugging Face's library, in a process of its own: it ends the process where its code panics.
// In: the path of a tokenizer.json, then [[text, ...], ...] a line; out: [{"ids", "decode_skip"} or {"error"}, ...] a line.
Tokenizer? tokenizer = null;
while (Console.In.ReadLine() is { } line)
{
    JsonNode answer;
    if (tokenizer is null)
    {
        answer = Answer(() =>
        {
            tokenizer = new Tokenizer(line);
            return new JsonObject { ["loaded"] = true };
        });
    }
    else
    {
        answer = new JsonArray([.. JsonSerializer.Deserialize<string[][]>(line)!.Select(question => Answer(() =>
        {
            uint[] ids = tokenizer.Encode(question[0]);
            return new JsonObject { ["ids"] = new JsonArray([.. ids.Select(id => (JsonNode)(int)id)]), ["decode_skip"] = tokenizer.Decode(ids) };
        }))]);
    }

    Console.Out.WriteLine(answer.ToJsonString());
    Console.Out.Flush();
}

static JsonObject Answer(Func<JsonObject> ask)
{
    try
    {
        return ask();
    }
    catch (TokenizerException e)
    {
        return new JsonObject { ["error"] = e.Message };
    }
}
