using TorchSharp;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Inference;

/// <summary>Keys and values that stay with the model for texts that begin alike.</summary>
public sealed class PrefixTests
{
    private const string Prompt = "please refund my payment";

    private static TextGenerationOptions Keeping(int tokens = 1000) => new() { MaxNewTokens = 8, StopAtEndOfText = false, PrefixTokens = tokens };

    [Fact]
    public void Generate_TextsThatBeginAlike_ReadsTheRestAloneAndWritesTheSame()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        string[] prompts = [Prompt, Prompt, Prompt + " it was broken", "the courier", Prompt + " it was late"];
        GeneratedText[] plain = [.. prompts.Select(prompt => model.Generate([prompt], Keeping(0))[0])];
        GeneratedText[] kept = [.. prompts.Select(prompt => model.Generate([prompt], Keeping())[0])];

        Assert.Equal(plain.Select(text => text.TokenIds), kept.Select(text => text.TokenIds));
        Assert.All(plain, text => Assert.Equal(0, text.ReusedPromptTokens));
        Assert.Equal(0, kept[0].ReusedPromptTokens);

        // The last token of a prompt is read in any case.
        Assert.Equal(kept[0].PromptTokens - 1, kept[1].ReusedPromptTokens);
        Assert.InRange(kept[2].ReusedPromptTokens, kept[0].PromptTokens - 1, kept[2].PromptTokens - 1);
        Assert.InRange(kept[3].ReusedPromptTokens, 0, 2);
        Assert.InRange(kept[4].ReusedPromptTokens, kept[2].ReusedPromptTokens + 1, kept[4].PromptTokens - 1);
    }

    [Fact]
    public void Generate_BothEngines_ShareWhatWasRead()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        TextGenerationOptions torch = Keeping();
        torch.Engine = GenerationEngine.Torch;
        GeneratedText first = model.Generate([Prompt], torch)[0];
        GeneratedText second = model.Generate([Prompt], Keeping())[0];
        Assert.Equal(first.TokenIds, second.TokenIds);
        Assert.Equal(first.PromptTokens - 1, second.ReusedPromptTokens);
    }

    [Fact]
    public void Generate_LessRoomThanTheText_KeepsItsBeginning()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        model.Generate([Prompt], Keeping(2));
        Assert.Equal(2, model.Generate([Prompt], Keeping(2))[0].ReusedPromptTokens);
    }

    [Fact]
    public void Generate_AfterAnAdapterOrTraining_ReadsAllAgain()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        model.Generate([Prompt], Keeping());
        using var generator = new Generator(5, CPU);
        LoraAdapter adapter = LoraAdapter.Create(model.Backbone, new LoraOptions { Rank = 2 }, generator);
        adapter.Attach();
        Assert.Equal(0, model.Generate([Prompt], Keeping())[0].ReusedPromptTokens);
        Assert.NotEqual(0, model.Generate([Prompt], Keeping())[0].ReusedPromptTokens);

        model.Backbone.train();
        using (NewDisposeScope())
        {
            model.Backbone.Forward(tensor(new long[] { 1, 2 }, 1, 2), null, HiddenStateSelection.None);
        }

        model.Backbone.eval();
        Assert.Equal(0, model.Generate([Prompt], Keeping())[0].ReusedPromptTokens);
    }

    [Fact]
    public void Keep_ManyTexts_FreesTheOldestAndLeaksNothing()
    {
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        using (var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone))
        {
            GeneratedText first = model.Generate([Prompt], Keeping(20))[0];
            foreach (string other in new[] { "the courier", "error again today", "my parcel is the" })
            {
                model.Generate([other], Keeping(20));
            }

            Assert.InRange(model.Generate([Prompt], Keeping(20))[0].ReusedPromptTokens, 0, first.PromptTokens - 2);
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }
}
