using System.Reflection;

namespace MLNet.Dispersion.Tests.Hub;

/// <summary>The variables of the hub's clients, the options before them, and names.</summary>
public sealed class SettingsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mlnet-dispersion-hub-").FullName;

    private static string Home => Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Cache_IsFoundByTheVariablesOfPythonsClient()
    {
        Assert.Equal(Path.Combine(Home, ".cache", "huggingface", "hub"), Settings().CacheDirectory);
        Assert.Equal(Path.Combine(_folder, "huggingface", "hub"), Settings(("XDG_CACHE_HOME", _folder)).CacheDirectory);
        Assert.Equal(Path.Combine(_folder, "hub"), Settings(("HF_HOME", _folder), ("XDG_CACHE_HOME", "/other")).CacheDirectory);
        Assert.Equal(Path.Combine(_folder, "hub"), Settings(("HF_HOME", _folder), ("HF_HUB_CACHE", " ")).CacheDirectory);
        Assert.Equal(_folder, Settings(("HF_HUB_CACHE", _folder), ("HF_HOME", "/other")).CacheDirectory);
        Assert.Equal(_folder, Settings(("HUGGINGFACE_HUB_CACHE", _folder)).CacheDirectory);
        Assert.Equal(Path.Combine(Home, "models"), Settings(("HF_HUB_CACHE", "~/models")).CacheDirectory);
        Assert.Equal(_folder, Settings(new HubOptions { CacheDirectory = _folder }, ("HF_HUB_CACHE", "/other")).CacheDirectory);
    }

    [Fact]
    public void VariablesInAPath_AreExpandedAsPythonExpandsThem()
    {
        (string, string?) disk = ("DISK", _folder);
        Assert.Equal(Path.Combine(_folder, "hf", "hub"), Settings(("HF_HOME", "$DISK/hf"), disk).CacheDirectory);
        Assert.Equal(Path.Combine(_folder, "models"), Settings(("HF_HUB_CACHE", "${DISK}/models"), disk).CacheDirectory);
        Assert.Equal(Path.GetFullPath("a$NONE/b"), Settings(("HF_HUB_CACHE", "a$NONE/b"), disk).CacheDirectory);
        File.WriteAllText(Path.Combine(_folder, "key"), "hf_file");
        Assert.Equal("hf_file", Settings(("HF_TOKEN_PATH", "$DISK/key"), disk).Token);
    }

    [Fact]
    public void Token_IsFoundByTheVariablesOfPythonsClient()
    {
        string file = Path.Combine(_folder, "token");
        File.WriteAllText(file, "hf_file\n");
        Assert.Equal("hf_file", Settings(("HF_HOME", _folder)).Token);
        Assert.Equal("hf_file", Settings(("HF_HOME", "/other"), ("HF_TOKEN_PATH", file)).Token);
        Assert.Equal("hf_variable", Settings(("HF_HOME", _folder), ("HF_TOKEN", "hf_variable\n")).Token);
        Assert.Equal("hf_option", Settings(new HubOptions { Token = "hf_option" }, ("HF_TOKEN", "hf_variable")).Token);
        Assert.Null(Settings(new HubOptions { Token = "" }, ("HF_TOKEN", "hf_variable")).Token);
        Assert.Null(Settings(("HF_HOME", _folder), ("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")).Token);
        Assert.Null(Settings(("HF_HOME", Path.Combine(_folder, "nowhere"))).Token);
        HubException failed = Assert.Throws<HubException>(() => Settings(("HF_TOKEN", "hf_a hf_b")));
        Assert.DoesNotContain("hf_a", failed.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1", true)]
    [InlineData("true", true)]
    [InlineData("Yes", true)]
    [InlineData("ON", true)]
    [InlineData("0", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void Offline_IsReadAsPythonReadsIt(string? value, bool offline)
    {
        Assert.Equal(offline, Settings(("HF_HUB_OFFLINE", value)).Offline);
        Assert.Equal(offline, Settings(("TRANSFORMERS_OFFLINE", value)).Offline);
        Assert.False(Settings(new HubOptions { Offline = false }, ("HF_HUB_OFFLINE", value)).Offline);
    }

    [Fact]
    public void Endpoint_IsTheVariablesOrTheHubs()
    {
        Assert.Equal("https://huggingface.co/", Settings().Endpoint.ToString());
        Assert.Equal("https://mirror.example/hf/", Settings(("HF_ENDPOINT", "https://mirror.example/hf/")).Endpoint.ToString());
        Assert.Contains("HF_ENDPOINT", Assert.Throws<HubException>(() => Settings(("HF_ENDPOINT", "mirror"))).Message, StringComparison.Ordinal);
        HubSettings settings = Settings(("HF_ENDPOINT", "https://mirror.example"));
        Assert.True(settings.IsOfEndpoint(new Uri("https://MIRROR.example/a")));
        Assert.False(settings.IsOfEndpoint(new Uri("http://mirror.example/a")));
        Assert.False(settings.IsOfEndpoint(new Uri("https://mirror.example:444/a")));
        Assert.False(settings.IsOfEndpoint(new Uri("https://mirror.example.evil/a")));
    }

    [Fact]
    public void Options_AreCopiedWhole()
    {
        var options = new HubOptions
        {
            CacheDirectory = _folder, Endpoint = "https://a", Token = "t", Offline = true, Attempts = 7, RetryDelay = TimeSpan.FromSeconds(2), LongestWait = TimeSpan.FromSeconds(3), Patience = TimeSpan.FromSeconds(4), Progress = new Progress<HubProgress>(),
        };
        HubOptions copy = options.Clone();
        Assert.NotSame(options, copy);
        Assert.All(typeof(HubOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance), property =>
        {
            Assert.NotEqual(property.GetValue(new HubOptions()), property.GetValue(options));
            Assert.Equal(property.GetValue(options), property.GetValue(copy));
        });
    }

    [Fact]
    public void Options_OutsideTheirRange_AreNamed()
    {
        Action<HubOptions>[] wrong =
        [
            options => options.CacheDirectory = " ", options => options.Endpoint = "ftp://a", options => options.Endpoint = "https://a?b", options => options.Token = "a b", options => options.Attempts = 0, options => options.Attempts = 101,
            options => options.RetryDelay = TimeSpan.FromSeconds(-1), options => options.RetryDelay = TimeSpan.FromMinutes(2), options => options.LongestWait = TimeSpan.FromDays(2), options => options.Patience = TimeSpan.Zero, options => options.Patience = TimeSpan.FromHours(2),
        ];
        Assert.All(wrong, change =>
        {
            var options = new HubOptions();
            change(options);
            Assert.Contains("HubOptions.", Assert.Throws<ArgumentOutOfRangeException>(options.Validate).Message, StringComparison.Ordinal);
        });
        new HubOptions { Attempts = 100, RetryDelay = TimeSpan.Zero, LongestWait = TimeSpan.Zero, Patience = TimeSpan.FromMilliseconds(1), Token = "", Endpoint = "http://localhost:80/x" }.Validate();
    }

    [Fact]
    public void FreeBytes_OfAFolderThatIsNotThereYet_AreThoseOfItsDisk()
    {
        long? there = DiskSpace.FreeBytes(_folder), later = DiskSpace.FreeBytes(Path.Combine(_folder, "not", "yet"));

        Assert.NotNull(later);
        Assert.InRange(later.Value, there!.Value / 2, there.Value * 2);
    }

    [Theory]
    [InlineData("Qwen/Qwen3-0.6B")]
    [InlineData("gpt2")]
    [InlineData("a_b/c.d-e")]
    public void Repository_NamesOfTheHub_AreTaken(string name) => Assert.Equal(name, RepositoryId.Parse(name, "main").Name);

    [Theory]
    [InlineData("")]
    [InlineData("../evil")]
    [InlineData("a/b/c")]
    [InlineData("a//b")]
    [InlineData("/a")]
    [InlineData("a/")]
    [InlineData("a--b/c")]
    [InlineData("a/.b")]
    [InlineData("a/b..c")]
    [InlineData("a/b.git")]
    [InlineData("a/b?c")]
    [InlineData("a/b\n")]
    public void Repository_OtherNames_AreRefused(string name) => Assert.ThrowsAny<ArgumentException>(() => RepositoryId.Parse(name, "main"));

    [Theory]
    [InlineData("")]
    [InlineData("../main")]
    [InlineData("/main")]
    [InlineData("refs//pr")]
    [InlineData("a\\b")]
    [InlineData("a:b")]
    public void Revision_OtherNames_AreRefused(string revision) => Assert.ThrowsAny<ArgumentException>(() => RepositoryId.Parse("a/b", revision));

    private static HubSettings Settings(params (string Name, string? Value)[] variables) => Settings(null, variables);

    private static HubSettings Settings(HubOptions? options, params (string Name, string? Value)[] variables) =>
        HubSettings.From(options, name => variables.FirstOrDefault(variable => variable.Name == name).Value);
}
