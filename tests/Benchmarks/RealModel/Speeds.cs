using System.Diagnostics;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Benchmarks.RealModel;

/// <summary>Tokens a second of several ways through a model, as ratios to reading one text of 512 tokens.</summary>
internal static class Speeds
{
    private const int Tokens = 512;

    public static void Print(PretrainedLanguageModel model, int rounds)
    {
        long[] ids = [.. Enumerable.Range(0, Tokens).Select(i => 1000L + (i * 37 % 5000))];
        string prompt = model.Tokenizer.Decode([.. ids[..64].Select(id => (int)id)]);
        var reading = () => Read(model, ids);
        (string Name, Func<double> TokensPerSecond)[] ways =
        [
            ("with all logits", () => Read(model, ids, logits: true)),
            ("16 texts of 32 tokens side by side", () => Read(model, ids, rows: 16)),
            ("writing 32 tokens behind 64", () => Write(model, [prompt])),
            ("writing 32 tokens behind 64, 8 texts side by side", () => Write(model, [.. Enumerable.Repeat(prompt, 8)])),
        ];
        reading();
        foreach (var (name, tokensPerSecond) in ways)
        {
            double[] ratios = [.. Enumerable.Range(0, rounds).Select(_ => tokensPerSecond() / reading()).Order()];
            Console.WriteLine(FormattableString.Invariant($"tokens a second, {name}: {ratios[ratios.Length / 2]:0.00} times reading a text of {Tokens} ({ratios[0]:0.00} to {ratios[^1]:0.00})"));
        }
    }

    private static double Read(PretrainedLanguageModel model, long[] ids, int rows = 1, bool logits = false)
    {
        var watch = Stopwatch.StartNew();
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Tensor states = model.Backbone.Forward(tensor(ids).view(rows, -1), null, HiddenStateSelection.None).LastHiddenState;
        if (logits)
        {
            model.Backbone.Logits(states);
        }

        return ids.Length / watch.Elapsed.TotalSeconds;
    }

    private static double Write(PretrainedLanguageModel model, string[] prompts)
    {
        var watch = Stopwatch.StartNew();
        IReadOnlyList<GeneratedText> texts = model.Generate(prompts, new TextGenerationOptions { MaxNewTokens = 32, StopAtEndOfText = false, Temperature = 0 });
        return texts.Sum(text => text.TokenIds.Count) / watch.Elapsed.TotalSeconds;
    }
}
