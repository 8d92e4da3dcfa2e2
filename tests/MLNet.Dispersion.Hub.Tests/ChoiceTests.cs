using System.Text;

namespace MLNet.Dispersion.Tests.Hub;

public sealed class ChoiceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mlnet-dispersion-hub-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void All_Shards_AreThoseOfTheIndex()
    {
        string[] files = ["config.json", "model.safetensors.index.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "consolidated.safetensors"];
        Write("model.safetensors.index.json", """{"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors", "c": "model-00001-of-00002.safetensors"}}""");

        Assert.Equal(["model.safetensors.index.json"], ModelChoice.Guides(files));
        Assert.Equal(files[..4], Choose(files));
    }

    [Theory]
    [InlineData("""{"weight_map": {"a": "model-00003.safetensors"}}""", "model-00003.safetensors")]
    [InlineData("""{"weight_map": {"a": "../model.safetensors"}}""", "../model.safetensors")]
    [InlineData("""{"weight_map": {"a": "pytorch_model.bin"}}""", "pytorch_model.bin")]
    [InlineData("""{"weight_map": [1]}""", "weight_map")]
    [InlineData("""{""", "damaged")]
    public void All_IndexThatNamesOther_IsRefused(string index, string named)
    {
        Write("model.safetensors.index.json", index);

        Assert.Contains(named, Fails("config.json", "model.safetensors.index.json", "pytorch_model.bin"), StringComparison.Ordinal);
    }

    [Fact]
    public void All_OneFileBesideAnIndex_IsTheLoadersChoice()
    {
        string[] files = ["config.json", "model.safetensors", "model.safetensors.index.json", "model-00001-of-00001.safetensors"];

        Assert.Empty(ModelChoice.Guides(files));
        Assert.Equal(["config.json", "model.safetensors"], Choose(files));
    }

    [Theory]
    [InlineData("can run any code", "config.json", "pytorch_model.bin")]
    [InlineData("can run any code", "config.json", "model.PTH", "tf_model.h5")]
    [InlineData("format of other libraries (tf_model.h5)", "config.json", "tf_model.h5")]
    [InlineData("ModelSource.FromHubGguf", "README.md", "tiny-q8_0.gguf")]
    [InlineData("ModelSource.FromHubGguf", "config.json", "tiny-q8_0.gguf")]
    [InlineData("There is no config.json", "README.md", "model.safetensors")]
    [InlineData("There is no config.json")]
    [InlineData("There is no adapter_model.safetensors", "adapter_config.json", "adapter_model.bin")]
    public void All_RepositoryWithoutAModel_IsRefusedWithTheReason(string reason, params string[] files) => Assert.Contains(reason, Fails(files), StringComparison.Ordinal);

    [Fact]
    public void All_Adapter_NeedsNoModelBesideIt() =>
        Assert.Equal(["README.md", "adapter_config.json", "adapter_model.safetensors"], Choose(["README.md", "adapter_config.json", "adapter_model.safetensors", "optimizer.pt"]));

    [Fact]
    public void All_Modules_BringTheirSettings()
    {
        Write("modules.json", """[{"path": ""}, {"path": "1_Pooling"}, {"path": "2_Normalize"}, {"path": "../up"}]""");

        Assert.Equal(["config.json", "model.safetensors", "modules.json", "1_Pooling/config.json"], Choose(["config.json", "model.safetensors", "modules.json", "1_Pooling/config.json", "3_Other/config.json"]));
    }

    [Theory]
    [InlineData("Q8_0", "qwen3-0.6b-q8_0.gguf")]
    [InlineData("q4_k_m", "Qwen3-0.6B-Q4_K_M.gguf")]
    [InlineData("IQ4_XS", "model.IQ4_XS.gguf")]
    [InlineData("F16", "sub/model_f16.gguf")]
    [InlineData("model.IQ4_XS.gguf", "model.IQ4_XS.gguf")]
    public void Gguf_IsFoundByNameOrQuantisation(string wanted, string expected) => Assert.Equal(
        expected,
        GgufChoice.Find(["qwen3-0.6b-q8_0.gguf", "Qwen3-0.6B-Q4_K_M.gguf", "model.IQ4_XS.gguf", "sub/model_f16.gguf", "model-bf16.gguf", "mmproj-q8_0.gguf", "README.md"], wanted, "org/tiny"));

    [Theory]
    [InlineData("Q4_K", "No GGUF file fits 'Q4_K'. It has: a-Q4_K_M.gguf")]
    [InlineData("missing.gguf", "No GGUF file fits 'missing.gguf'")]
    [InlineData("Q8_0", "2 GGUF files fit 'Q8_0'")]
    [InlineData("F32", "is a part of a split model")]
    [InlineData("BF16", "2 GGUF files fit 'BF16'")]
    public void Gguf_ThatIsNotOne_IsRefused(string wanted, string reason) => Assert.Contains(
        reason,
        Assert.Throws<HubException>(() => GgufChoice.Find(["a-Q4_K_M.gguf", "a-Q8_0.gguf", "b-Q8_0.gguf", "f32/a-F32-00001-of-00002.gguf", "a-BF16-00001-of-00002.gguf", "a-BF16-00002-of-00002.gguf"], wanted, "org/tiny")).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Gguf_RepositoryOfPickles_SaysSo() =>
        Assert.Contains("can run any code", Assert.Throws<HubException>(() => GgufChoice.Find(["pytorch_model.bin"], "Q8_0", "org/tiny")).Message, StringComparison.Ordinal);

    private void Write(string file, string text) => File.WriteAllBytes(Path.Combine(_folder, file), Encoding.UTF8.GetBytes(text));

    private IReadOnlyList<string> Choose(string[] files) => ModelChoice.All(files, new DirectorySource(_folder), "org/tiny@main");

    private string Fails(params string[] files) => Assert.Throws<HubException>(() => Choose(files)).Message;
}
