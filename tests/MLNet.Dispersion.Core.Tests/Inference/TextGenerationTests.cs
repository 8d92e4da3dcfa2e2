using MLNet.Dispersion.Tests.Models;
using MLNet.Dispersion.Tests.Geometry;
using TorchSharp;

namespace MLNet.Dispersion.Tests.Inference;

public sealed class TextGenerationTests
{
    private static readonly string?[] Prompts = ["please refund my payment", "", "the", "error again today it was broken", null, "the courier", "my parcel is the"];

    [Theory]
    [InlineData(TinyConfigs.Gpt2, """ "n_positions": 64, "vocab_size": 300, "n_embd": 32 """)]
    [InlineData(TinyConfigs.Llama, """ "max_position_embeddings": 64, "vocab_size": 300, "hidden_size": 32 """)]
    [InlineData(TinyConfigs.Llama, """ "model_type": "qwen3", "max_position_embeddings": 64, "vocab_size": 300, "hidden_size": 32, "head_dim": 16 """)]
    [InlineData(TinyConfigs.NeoX, """ "max_position_embeddings": 64, "vocab_size": 300, "hidden_size": 32 """)]
    public void Run_Greedy_EqualsReadingEverythingAgainForEachToken(string family, string settings)
    {
        const int New = 24;
        using var generator = new torch.Generator(5);
        using LanguageBackbone backbone = BackboneRegistry.Create(TinyConfigs.Merge(family, settings).ToJsonString(), generator);
        using (torch.no_grad())
        {
            foreach (var parameter in backbone.parameters())
            {
                parameter.normal_(parameter.dim() == 1 ? 0.8 : 0, 0.4, generator);
            }
        }

        var random = new Random(7);
        int[][] prompts = [.. new[] { 5, 1, 12, 2, 30, 5 }.Select(length => Enumerable.Range(0, length).Select(_ => random.Next(backbone.Info.VocabularySize)).ToArray())];
        var options = new TextGenerationOptions { MaxNewTokens = New, BatchSize = 4 };
        GeneratingText[] texts = [.. prompts.Select(prompt => new GeneratingText(prompt, false, null, new HashSet<int>(), backbone.Info.ContextLength, GenerationPlan.Of(options, null)))];

        TextGenerator.Run(backbone, int.MaxValue, texts, GenerationPlan.Of(options, null), null, default);

        for (int i = 0; i < prompts.Length; i++)
        {
            (int[] expected, double lead) = NaiveGeneration.Greedy(backbone, prompts[i], New);
            Assert.True(lead > 1e-4, $"prompt {i}: two tokens are all but equally likely ({lead:E2}); choose another seed for this test");
            Assert.Equal(expected, texts[i].NewTokens);
        }
    }

    [Fact]
    public void Generate_Sampled_TheSameSeedGivesTheSameTextWhateverTheBatch()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        var options = new TextGenerationOptions { MaxNewTokens = 20, Temperature = 1.2, TopK = 50, TopP = 0.95, Seed = 3 };
        var together = model.Generate(Prompts, options);

        Assert.Equal(Texts(together), Texts(model.Generate(Prompts, options)));
        Assert.Equal(Texts(together), Prompts.Select(prompt => model.Generate([prompt], options)[0].Text));
        options.BatchSize = 3;
        Assert.Equal(Texts(together).Reverse(), Texts(model.Generate([.. Prompts.Reverse()], options)));
        options.MaxBatchTokens = 1;
        Assert.Equal(Texts(together), Texts(model.Generate(Prompts, options)));

        options.Seed = 4;
        Assert.NotEqual(Texts(together), Texts(model.Generate(Prompts, options)));
    }

    [Fact]
    public void Generate_Sampled_FirstTokensFollowTheProbabilities()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        double[] expected = NaiveGeneration.Probabilities(NaiveGeneration.Logits(model.Backbone, model.Tokenizer.Encode("the").Ids), 0.8, 6, null);
        var counts = new int[expected.Length];
        const int Draws = 600;
        for (int seed = 0; seed < Draws; seed++)
        {
            counts[model.Generate(["the"], new TextGenerationOptions { MaxNewTokens = 1, Temperature = 0.8, TopK = 6, Seed = seed, StopAtEndOfText = false })[0].TokenIds[0]]++;
        }

        int[] possible = [.. Enumerable.Range(0, expected.Length).Where(id => expected[id] > 0)];
        Assert.Equal(Draws, possible.Sum(id => counts[id]));

        // 5 degrees of freedom: above 25.7 once in ten thousand times.
        Assert.InRange(possible.Sum(id => Math.Pow(counts[id] - (Draws * expected[id]), 2) / (Draws * expected[id])), 0, 25.7);
    }

    [Fact]
    public void Generate_EndOfTextToken_EndsThatTextAlone()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        int end = model.Tokenizer.EosTokenId!.Value;
        var options = new TextGenerationOptions { MaxNewTokens = 30, Temperature = 1.5, Seed = 1, StopAtEndOfText = false };
        string?[] prompts = [.. Enumerable.Range(0, 60).Select(i => $"the {i}")];
        var without = model.Generate(prompts, options);
        options.StopAtEndOfText = true;
        var with = model.Generate(prompts, options);

        Assert.Contains(without, text => text.TokenIds.Contains(end));
        for (int i = 0; i < prompts.Length; i++)
        {
            int at = without[i].TokenIds.ToList().IndexOf(end);
            Assert.Equal(at < 0 ? without[i].TokenIds : without[i].TokenIds.Take(at), with[i].TokenIds);
            Assert.Equal(at < 0 ? GenerationFinishReason.MaxNewTokens : GenerationFinishReason.EndOfText, with[i].FinishReason);
        }
    }

    [Fact]
    public void Generate_StopSequence_EndsTheTextWhereItBegins()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        var options = new TextGenerationOptions { MaxNewTokens = 25, Temperature = 1, Seed = 2 };
        GeneratedText whole = model.Generate(["the error"], options)[0];
        foreach ((int at, int length) in new[] { (0, 1), (3, 4), (whole.Text.Length / 2, 5), (whole.Text.Length - 3, 3) })
        {
            string stop = whole.Text.Substring(at, length);
            options.StopSequences = [stop];
            GeneratedText found = model.Generate(["the error"], options)[0];
            Assert.Equal(whole.Text[..whole.Text.IndexOf(stop, StringComparison.Ordinal)], found.Text);
            Assert.Equal(GenerationFinishReason.StopSequence, found.FinishReason);
            Assert.Equal(whole.TokenIds.Take(found.TokenIds.Count), found.TokenIds);
            Assert.Equal(found.Text, string.Concat(model.GenerateStreaming("the error", options)));
        }
    }

    [Fact]
    public void Generate_ContextRunsFull_EndsThereAndSaysSo()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        var options = new TextGenerationOptions { MaxNewTokens = 100, StopAtEndOfText = false };
        var texts = model.Generate(["the", "my payment is the"], options);
        Assert.All(texts, text => Assert.Equal((GenerationFinishReason.ContextLength, TinyBackbone.ContextLength), (text.FinishReason, text.PromptTokens + text.TokenIds.Count)));

        string longPrompt = string.Join(' ', Enumerable.Repeat("payment", 100));
        var error = Assert.Throws<ArgumentException>(() => model.Generate(["the", longPrompt], options));
        Assert.Contains("Prompt 1 has", error.Message, StringComparison.Ordinal);
        Assert.Contains($"context of {TinyBackbone.ContextLength}", error.Message, StringComparison.Ordinal);
        Assert.Contains("TruncatePrompts", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Generate_TruncatePrompts_KeepsTheEndOfThePrompt()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        var options = new TextGenerationOptions { MaxNewTokens = 10, TruncatePrompts = true, StopAtEndOfText = false };
        string prompt = string.Join(' ', Enumerable.Repeat("payment is broken", 40));
        GeneratedText found = model.Generate([prompt], options)[0];
        int[] kept = model.Tokenizer.Encode(prompt).Ids[^(TinyBackbone.ContextLength - 10)..];
        Assert.Equal((true, kept.Length, GenerationFinishReason.MaxNewTokens), (found.PromptTruncated, found.PromptTokens, found.FinishReason));
        Assert.Equal(NaiveGeneration.Greedy(model.Backbone, kept, 10).Ids, found.TokenIds);

        options.MaxNewTokens = TinyBackbone.ContextLength;
        Assert.Contains("MaxNewTokens is 48", Assert.Throws<ArgumentException>(() => model.Generate(["the"], options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Generate_BackboneWithoutACache_ReadsEverythingAgain()
    {
        using var backbone = new FakeBackbone(context: 16);
        var options = new TextGenerationOptions { MaxNewTokens = 5 };
        GeneratingText[] texts = [.. new int[][] { [3, 4], [7], [1, 2, 3] }.Select(prompt => new GeneratingText(prompt, false, null, new HashSet<int>(), 16, GenerationPlan.Of(options, null)))];
        backbone.eval();
        TextGenerator.Run(backbone, int.MaxValue, texts, GenerationPlan.Of(options, null), null, default);
        Assert.All(texts, text => Assert.Equal(NaiveGeneration.Greedy(backbone, text.Prompt, 5).Ids, text.NewTokens));
        Assert.False(backbone.SawTraining || backbone.SawGradients);
    }

    [Fact]
    public void Generate_NoPrompts_GivesNothing()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        Assert.Empty(model.Generate([]));
    }

    [Fact]
    public void Generate_ManyTexts_LeavesNoTensorBehindAndReports()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        var options = new TextGenerationOptions { MaxNewTokens = 6, BatchSize = 3 };
        model.Generate(Prompts, options);
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        var reports = new List<GenerationProgress>();
        var texts = model.Generate(Prompts, options, new Recorder(reports));
        Assert.InRange(model.GenerateStreaming("the", options).Take(2).Count(), 1, 2);
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        Assert.Equal((Prompts.Length, Prompts.Length, texts.Sum(text => (long)text.TokenIds.Count)), (reports[^1].FinishedTexts, reports[^1].TotalTexts, reports[^1].NewTokens));
    }

    [Fact]
    public void Generate_Cancelled_ThrowsBetweenTokens()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        using var source = new CancellationTokenSource();
        var reports = new List<GenerationProgress>();
        var progress = new Recorder(reports) { After = source.Cancel };
        Assert.Throws<OperationCanceledException>(() => model.Generate(Prompts, progress: progress, cancellationToken: source.Token));
        Assert.Single(reports);
    }

    [Fact]
    public void Generate_TrainingModel_RunsInEvaluationModeAndPutsItBack()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        string expected = model.Generate(["the"])[0].Text;
        model.Backbone.train();
        using var generator = new torch.Generator(1);
        model.Backbone.DropoutGenerator = generator;
        model.Backbone.DropoutProbability = 0.5;
        Assert.Equal(expected, model.Generate(["the"])[0].Text);
        Assert.True(model.Backbone.training);
        Assert.True(model.Backbone.modules().All(module => module.training));
    }

    [Theory]
    [InlineData(nameof(TextGenerationOptions.MaxNewTokens), 0)]
    [InlineData(nameof(TextGenerationOptions.Temperature), -0.1)]
    [InlineData(nameof(TextGenerationOptions.Temperature), double.NaN)]
    [InlineData(nameof(TextGenerationOptions.TopK), 0)]
    [InlineData(nameof(TextGenerationOptions.TopP), 0.0)]
    [InlineData(nameof(TextGenerationOptions.TopP), 1.1)]
    [InlineData(nameof(TextGenerationOptions.RepetitionPenalty), 0.9)]
    [InlineData(nameof(TextGenerationOptions.BatchSize), 0)]
    [InlineData(nameof(TextGenerationOptions.MaxBatchTokens), 0)]
    [InlineData(nameof(TextGenerationOptions.StopSequences), "")]
    public void Validate_OutsideItsRange_NamesTheOption(string name, object value)
    {
        var options = new TextGenerationOptions();
        typeof(TextGenerationOptions).GetProperty(name)!.SetValue(options, value is string stop ? new[] { stop } : value);
        var error = Assert.ThrowsAny<ArgumentException>(options.Validate);
        Assert.Contains($"TextGenerationOptions.{name} is", error.Message, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Texts(IEnumerable<GeneratedText> texts) => texts.Select(text => text.Text);

    private sealed class Recorder(List<GenerationProgress> reports) : IProgress<GenerationProgress>
    {
        public Action? After { get; init; }

        public void Report(GenerationProgress value)
        {
            reports.Add(value);
            After?.Invoke();
        }
    }
}
