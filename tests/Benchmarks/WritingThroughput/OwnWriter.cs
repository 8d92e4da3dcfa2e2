using System.Diagnostics;

namespace MLNet.Dispersion.Benchmarks.WritingThroughput;

/// <summary>The library, through its public face.</summary>
internal sealed class OwnWriter(PretrainedLanguageModel model, GenerationEngine engine, GenerationPrecision? precision) : IWriter
{
    public double TokensPerSecond(int[] prompt, int count, int tokens)
    {
        var clock = new Clock();
        string text = model.Tokenizer.Decode(prompt);
        model.Generate([.. Enumerable.Repeat(text, count)], Options(count, tokens), clock);
        return count * (clock.Steps - 1) / (clock.Last - clock.First).TotalSeconds;
    }

    public double ReadTokensPerSecond(int[] prompt)
    {
        TorchSharp.torch.ScalarType before = model.Backbone.ComputeType;
        model.Backbone.ComputeType = precision == GenerationPrecision.BFloat16 ? TorchSharp.torch.ScalarType.BFloat16 : before;
        try
        {
            var clock = new Clock();
            string text = model.Tokenizer.Decode(prompt);
            int tokens = model.Tokenizer.Encode(text).Ids.Length;
            model.Generate([text], Options(count: 1, tokens: 1), clock);
            return tokens / clock.First.TotalSeconds;
        }
        finally
        {
            model.Backbone.ComputeType = before;
        }
    }

    public void Dispose()
    {
        // The model is its owner's.
    }

    private TextGenerationOptions Options(int count, int tokens) =>
        new() { MaxNewTokens = tokens, Temperature = 0, RepetitionPenalty = 1, StopAtEndOfText = false, FollowGenerationConfig = false, BatchSize = count, Engine = engine, Precision = precision };

    private sealed class Clock : IProgress<GenerationProgress>
    {
        private readonly Stopwatch _watch = Stopwatch.StartNew();

        public int Steps { get; private set; }

        public TimeSpan First { get; private set; }

        public TimeSpan Last { get; private set; }

        public void Report(GenerationProgress value)
        {
            Last = _watch.Elapsed;
            First = Steps++ == 0 ? Last : First;
        }
    }
}
