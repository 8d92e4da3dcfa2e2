using System.Reflection;

namespace MLNet.Dispersion.Examples.Tests;

public sealed class ToOllamaTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Run_OnTheEmbeddedModel_WritesAFileThatIsReadAgainAndAModelfileOfThreeLines()
    {
        string texts = Path.Combine(_folder, "texts.txt"), output = Path.Combine(_folder, "island");
        File.WriteAllLines(texts, ["The ferry to the island leaves at nine.", "", "The ferry comes back at noon.", "Nobody waits for the ferry."]);

        Assert.Equal(0, Run(texts, "--epochs", "1", "--lora", "--out", output));

        string[] lines = File.ReadAllLines(Path.Combine(output, "Modelfile"));
        Assert.Equal(3, lines.Length);
        Assert.Equal("FROM ./model.gguf", lines[0]);
        using PretrainedLanguageModel model = PretrainedLanguageModel.Load(ModelSource.FromGguf(Path.Combine(output, "model.gguf")));
        Assert.NotEmpty(model.Generate(["The ferry"], new TextGenerationOptions { MaxNewTokens = 2 })[0].TokenIds);
        Assert.Contains("Q8_0", model.Backbone.QuantizedTypes);
    }

    [Fact]
    public void Run_OnAModelThatIsNotThere_SaysSo() => Assert.Equal(1, Run("--model", "no-such-model", "--out", Path.Combine(_folder, "out")));

    private static int Run(params string[] arguments) => (int)Assembly.Load("ToOllama").EntryPoint!.Invoke(null, [arguments])!;
}
