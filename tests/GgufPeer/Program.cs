using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using LLama;
using LLama.Common;
using LLama.Native;

// Answers with llama.cpp, in a process of its own: it ends the process where an assertion of its own fails.
// Arguments: the GGUF file, and after it perhaps one of an adapter. In: {"text"}, {"ids"} or {"ids", "greedy"} a line; out: {"ids"} or {"logits"} a line, logits as base64 of float32, or {"error"}.
NativeLibraryConfig.All.WithLogCallback((_, _) => { });
var parameters = new ModelParams(args[0])
{
    TypeK = GGMLType.GGML_TYPE_F32,
    TypeV = GGMLType.GGML_TYPE_F32,
    FlashAttention = false,
    GpuLayerCount = 0,
    Threads = 1,
    BatchThreads = 1,
};
using LLamaWeights? weights = Load(parameters);
if (weights is null)
{
    return;
}

parameters.ContextSize = (uint)weights.ContextSize;
using LLamaContext context = weights.CreateContext(parameters);
if (args.Length > 1)
{
    context.NativeHandle.SetLoraAdapters((weights.NativeHandle.LoadLoraFromFile(args[1]), 1f));
}

Answer(new JsonObject { ["loaded"] = true });
while (Console.In.ReadLine() is { } line)
{
    JsonElement question = JsonSerializer.Deserialize<JsonElement>(line);
    if (question.TryGetProperty("text", out JsonElement text))
    {
        LLamaToken[] tokens = weights.NativeHandle.Tokenize(text.GetString()!, question.GetProperty("special").GetBoolean(), question.GetProperty("special").GetBoolean(), System.Text.Encoding.UTF8);
        Answer(new JsonObject { ["ids"] = new JsonArray([.. tokens.Select(token => (JsonNode)(int)token)]) });
        continue;
    }

    int[] ids = [.. question.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
    context.NativeHandle.MemoryClear(true);
    if (question.TryGetProperty("greedy", out JsonElement count))
    {
        Answer(Greedy(ids, count.GetInt32()));
    }
    else
    {
        Read(ids, 0);
        var logits = new List<byte>();
        for (int i = 0; i < ids.Length; i++)
        {
            logits.AddRange(MemoryMarshal.AsBytes(context.NativeHandle.GetLogitsIth(i)));
        }

        Answer(new JsonObject { ["logits"] = Convert.ToBase64String([.. logits]) });
    }
}

static LLamaWeights? Load(ModelParams parameters)
{
    try
    {
        return LLamaWeights.LoadFromFile(parameters);
    }
    catch (LLama.Exceptions.LoadWeightsFailedException e)
    {
        Answer(new JsonObject { ["error"] = e.Message });
        return null;
    }
}

static void Answer(JsonObject answer)
{
    Console.Out.WriteLine(answer.ToJsonString());
    Console.Out.Flush();
}

void Read(int[] ids, int start)
{
    var batch = new LLamaBatch();
    for (int i = 0; i < ids.Length; i++)
    {
        batch.Add((LLamaToken)ids[i], start + i, LLamaSeqId.Zero, true);
    }

    if (context.NativeHandle.Decode(batch) != DecodeResult.Ok)
    {
        throw new InvalidOperationException("llama.cpp could not read the tokens.");
    }
}

// The tokens, and how far the best logit of each step was above the second.
JsonObject Greedy(int[] ids, int count)
{
    var written = new JsonArray();
    var margins = new JsonArray();
    Read(ids, 0);
    int last = ids.Length - 1;
    for (int step = 0; step < count; step++)
    {
        float[] logits = context.NativeHandle.GetLogitsIth(last).ToArray();
        int best = Array.IndexOf(logits, logits.Max());
        margins.Add(logits[best] - logits.Where((_, id) => id != best).Max());
        written.Add(best);
        Read([best], ids.Length + step);
        last = 0;
    }

    return new JsonObject { ["ids"] = written, ["margins"] = margins };
}
