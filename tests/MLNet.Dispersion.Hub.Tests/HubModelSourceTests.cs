namespace MLNet.Dispersion.Tests.Hub;

public sealed class HubModelSourceTests
{
    [Fact]
    public async Task FromHub_IsNamedAsTheHubNamesIt()
    {
        await using FakeHub hub = await FakeHub.StartAsync();
        hub.Repositories["org/tiny"] = FakeRepository.Model();

        ModelSource source = ModelSource.FromHub("org/tiny", options: hub.Options());

        Assert.Equal("org/tiny", source.Name);
        Assert.Equal("{\"model_type\": \"llama\"}"u8.ToArray(), source.Source.ReadAllBytes("config.json"));
        Assert.Equal(source.Source.Name, (await ModelSource.FromHubAsync("org/tiny", options: hub.Options())).Source.Name);
    }

    [Fact]
    public async Task FromHubGguf_BringsTheOneFile()
    {
        await using FakeHub hub = await FakeHub.StartAsync();
        hub.Repositories["org/tiny"] = new FakeRepository().With("tiny-q8_0.gguf", FakeRepository.Bytes(1000, 1)).With("tiny-f16.gguf", FakeRepository.Bytes(1000, 2));

        // The bytes are no model, which its reader says of the file that was fetched.
        ModelFileException failed = Assert.Throws<ModelFileException>(() => ModelSource.FromHubGguf("org/tiny", "Q8_0", options: hub.Options()).Source.ReadAllBytes("config.json"));

        Assert.EndsWith("tiny-q8_0.gguf", failed.File, StringComparison.Ordinal);
        Assert.Single(hub.Requests, request => request.IsBytesOfWeights);
        await Assert.ThrowsAsync<ArgumentException>(() => ModelSource.FromHubGgufAsync("org/tiny", " ", options: hub.Options()));
    }

    [Theory]
    [InlineData("org/tiny/more", "main")]
    [InlineData("org/tiny", "../main")]
    public void FromHub_NamesThatCannotBe_AreArguments(string repository, string revision) => Assert.ThrowsAny<ArgumentException>(() => ModelSource.FromHub(repository, revision));
}
