using MLNet.Dispersion.Tests.Reference;
using MLNet.Dispersion.Text;

namespace MLNet.Dispersion.Examples.Tests;

/// <summary>One command makes what Ollama needs, and llama.cpp, on which Ollama is built, runs it with the same tokens.</summary>
public sealed class ToOllamaTests : IDisposable
{
    private const int Steps = 16;
    private const string Prompt = "The ferry leaves";
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableFact]
    public void Run_TinyEnglishAndTheNotesThatComeWithIt_MakesAModelfileAndAFileThatLlamaCppRuns()
    {
        string output = Path.Combine(_folder, "ferry");

        Assert.Equal(0, Run("--out", output, "--type", "F32"));

        // It has learnt the notes, which the embedded model never saw.
        using PretrainedLanguageModel tuned = Check(output, steps: Steps), before = PretrainedLanguageModel.Load(ModelSource.TinyEnglish);
        double Loss(PretrainedLanguageModel model) => LanguageModelTrainer.MeanNegativeLogLikelihood(model, [model.Tokenizer.Encode("The ferry leaves the north pier at seven in the morning").Ids]);
        Assert.True(Loss(tuned) < Loss(before) - 0.5, $"{Loss(before)} before, {Loss(tuned)} after");
    }

    [SkippableFact]
    public void Run_WithoutOptionsButTheFolder_StoresEightBits()
    {
        string output = Path.Combine(_folder, "ferry"), texts = Path.Combine(_folder, "texts.txt");
        File.WriteAllLines(texts, Enumerable.Repeat("The ferry leaves the north pier at seven.", 4));

        Assert.Equal(0, Run(texts, "--out", output, "--epochs", "1"));

        using PretrainedLanguageModel written = Check(output, steps: 0);
        Assert.Contains("Q8_0", written.Backbone.QuantizedTypes);
    }

    [SkippableFact]
    public void Run_AModelOfYoursAndAnAdapter_MergesItIntoTheFile()
    {
        string texts = Path.Combine(_folder, "texts.txt"), model = Path.Combine(_folder, "model"), output = Path.Combine(_folder, "out");
        string[] lines = [.. Enumerable.Repeat("The ferry leaves the north pier at seven in the morning and comes back at six.", 24)];
        File.WriteAllLines(texts, lines);
        using (PretrainedLanguageModel small = new Gpt2Shape(2, 32, 2, 64, 64).CreateModel("small", ByteLevelBpeTrainer.Train(lines, 300, ["<|endoftext|>"]), seed: 1))
        {
            small.Save(model);
            small.SaveGguf(Path.Combine(_folder, "small.gguf"), new() { Type = GgufWeightType.F32 });
        }

        foreach (string source in (string[])[model, Path.Combine(_folder, "small.gguf")])
        {
            Assert.Equal(0, Run(texts, "--model", source, "--lora", "--out", output, "--type", "F32"));
            Check(output, steps: 4).Dispose();
        }
    }

    [Fact]
    public void Run_AModelThatIsNotThere_SaysWhatMayBeNamedAndWritesNothing()
    {
        string output = Path.Combine(_folder, "out");

        Assert.Equal(1, Run("--model", "./no-such-model", "--out", output));
        Assert.False(Directory.Exists(output));
    }

    private static int Run(params string[] arguments) => (int)typeof(ToOllama.TuningBar).Assembly.EntryPoint!.Invoke(null, [arguments])!;

    /// <summary>Reads the file that the Modelfile names, and has llama.cpp cut and write the same tokens with it.</summary>
    private static PretrainedLanguageModel Check(string folder, int steps)
    {
        string[] modelfile = File.ReadAllLines(Path.Combine(folder, "Modelfile"));
        Assert.Equal(3, modelfile.Length);
        Assert.StartsWith("FROM ./", modelfile[0], StringComparison.Ordinal);
        Assert.All(modelfile[1..], line => Assert.Matches(@"\APARAMETER (temperature 0\.7|num_ctx [0-9]+)\z", line));
        string file = Path.Combine(folder, modelfile[0]["FROM ./".Length..]);
        PretrainedLanguageModel model = PretrainedLanguageModel.Load(ModelSource.FromGguf(file));
        Assert.Equal($"PARAMETER num_ctx {model.Backbone.Info.ContextLength}", modelfile[2]);

        using var peer = new LlamaCppPeer(file);
        int[] ids = peer.Ids(Prompt, special: true);
        Assert.Equal(model.Tokenizer.Encode(Prompt).Ids, ids);
        var (written, margins) = peer.Greedy(ids, Math.Max(1, steps));

        // Twice what the reference measured of GELU, which llama.cpp takes from a table of 16-bit numbers.
        int sure = margins.Take(steps).TakeWhile(margin => margin > 4e-3).Count();
        Assert.True(sure >= steps / 2, $"only {sure} steps are sure");
        int[] mine = [.. model.Generate([Prompt], new TextGenerationOptions { MaxNewTokens = Math.Max(1, sure), Temperature = 0, StopAtEndOfText = false })[0].TokenIds];
        Assert.Equal(mine.Take(sure), written.Take(sure));
        return model;
    }
}
