using System.Diagnostics;

namespace MLNet.Dispersion.Tests.Hub;

/// <summary>The cache is laid out as the hub's own clients lay it, and what they laid is found.</summary>
public sealed class HubCacheTests : IAsyncLifetime
{
    private const string Name = "org/tiny";
    private FakeHub _hub = null!;

    private string Folder => Path.Combine(_hub.Cache, "models--org--tiny");

    public async Task InitializeAsync() => _hub = await FakeHub.StartAsync();

    public Task DisposeAsync() => _hub.DisposeAsync().AsTask();

    [Fact]
    public async Task Get_NewModel_LaysBlobsRefsSnapshotsAndLinks()
    {
        FakeRepository model = FakeRepository.Model()
            .With("modules.json", """[{"path": "", "type": "a.Transformer"}, {"path": "1_Pooling", "type": "a.Pooling"}]""")
            .With("1_Pooling/config.json", "{\"pooling_mode\": \"mean\"}")
            .With("empty.txt", "")
            .With("merges.txt", "")
            .With("additional_chat_templates/tools.jinja", "x");
        _hub.Repositories[Name] = model;

        string folder = await _hub.GetAsync(Name);

        string[] expected = ["1_Pooling/config.json", "README.md", "additional_chat_templates/tools.jinja", "config.json", "generation_config.json", "model.safetensors", "modules.json", "tokenizer.json"];
        Assert.Equal(Path.Combine(Folder, "snapshots", model.Commit), folder);
        Assert.Equal(model.Commit, File.ReadAllText(Path.Combine(Folder, "refs", "main")));
        Assert.Equal(expected, Files(folder));
        Assert.Equal(expected.Select(model.HashOf).Distinct().Order(StringComparer.Ordinal), Files(Path.Combine(Folder, "blobs")));
        Assert.All(expected, path => Assert.Equal(model.Files[path], File.ReadAllBytes(Path.Combine(folder, path))));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal($"../../blobs/{model.HashOf("config.json")}", new FileInfo(Path.Combine(folder, "config.json")).LinkTarget);
            Assert.Equal($"../../../blobs/{model.HashOf("1_Pooling/config.json")}", new FileInfo(Path.Combine(folder, "1_Pooling", "config.json")).LinkTarget);
        }

        Assert.True(File.Exists(Path.Combine(_hub.Cache, ".locks", "models--org--tiny", model.HashOf("model.safetensors") + ".lock")));
        Assert.DoesNotContain(_hub.Requests, request => request.Path.Contains(".bin", StringComparison.Ordinal) || request.Path.Contains("onnx", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Get_Again_AsksForTheListingAlone()
    {
        _hub.Repositories[Name] = FakeRepository.Model();
        await _hub.GetAsync(Name);
        _hub.Requests.Clear();

        await _hub.GetAsync(Name);

        Assert.Equal($"/api/models/{Name}/revision/main", Assert.Single(_hub.Requests).Path);
    }

    [Fact]
    public async Task Get_OldTokenizer_TakesItsParts()
    {
        _hub.Repositories[Name] = new FakeRepository().With("config.json", "{}").With("model.safetensors", [1]).With("merges.txt", "").With("vocab.json", "{}");

        Assert.Equal(["config.json", "merges.txt", "model.safetensors", "vocab.json"], Files(await _hub.GetAsync(Name)));
    }

    [Theory]
    [InlineData("v1.0")]
    [InlineData("refs/pr/7")]
    [InlineData("feature/x y")]
    public async Task Get_Revision_IsNotedByItsName(string revision)
    {
        FakeRepository model = FakeRepository.Model();
        model.Revisions.Add(revision);
        _hub.Repositories[Name] = model;

        await _hub.GetAsync(Name, revision);

        Assert.Equal($"/api/models/{Name}/revision/{Uri.EscapeDataString(revision)}", _hub.Requests.First().Path);
        Assert.Equal(model.Commit, File.ReadAllText(Path.Combine([Folder, "refs", .. revision.Split('/')])));
        Assert.Equal(model.Commit, Path.GetFileName(await _hub.GetAsync(Name, revision, options => options.Offline = true)));
        Assert.Equal(model.Commit, Path.GetFileName(await _hub.GetAsync(Name, model.Commit, options => options.Offline = true)));
    }

    [Fact]
    public async Task Get_BranchThatMoved_DownloadsWhatChanged()
    {
        FakeRepository old = FakeRepository.Model('a');
        _hub.Repositories[Name] = old;
        string before = await _hub.GetAsync(Name);
        FakeRepository moved = FakeRepository.Model('a').With("generation_config.json", "{\"top_k\": 3}");
        moved.Commit = new string('b', 40);
        _hub.Repositories[Name] = moved;
        _hub.Requests.Clear();

        string after = await _hub.GetAsync(Name);

        Assert.Equal("generation_config.json", Path.GetFileName(Assert.Single(_hub.Requests, request => request.Method == "GET" && request.Path.Contains("/resolve/", StringComparison.Ordinal)).Path));
        Assert.Equal("{}", File.ReadAllText(Path.Combine(before, "generation_config.json")));
        Assert.Equal("{\"top_k\": 3}", File.ReadAllText(Path.Combine(after, "generation_config.json")));
        Assert.Equal(moved.Commit, File.ReadAllText(Path.Combine(Folder, "refs", "main")));
    }

    [Fact]
    public async Task Get_WhatPythonLaid_IsFoundWithoutARequest()
    {
        string commit = new('c', 40), blobs = Path.Combine(Folder, "blobs"), snapshot = Path.Combine(Folder, "snapshots", commit);
        Directory.CreateDirectory(blobs);
        Directory.CreateDirectory(snapshot);
        Directory.CreateDirectory(Path.Combine(Folder, "refs"));
        File.WriteAllText(Path.Combine(Folder, "refs", "main"), commit);
        foreach (string file in new[] { "config.json", "model.safetensors" })
        {
            File.WriteAllText(Path.Combine(blobs, "hash-of-" + file), file);
            Link(Path.Combine(snapshot, file), $"../../blobs/hash-of-{file}");
        }

        Assert.Equal(snapshot, await _hub.GetAsync(Name, change: options => options.Offline = true));
        Assert.Empty(_hub.Requests);
    }

    [Fact]
    public async Task Get_Offline_SaysWhatIsMissing()
    {
        _hub.Repositories[Name] = FakeRepository.Model();
        HubException none = await Assert.ThrowsAsync<HubException>(() => _hub.GetAsync(Name, change: options => options.Offline = true));
        Assert.Contains("not in the cache", none.Message, StringComparison.Ordinal);
        string folder = await _hub.GetAsync(Name);
        File.Delete(Path.Combine(folder, "model.safetensors"));

        HubException part = await Assert.ThrowsAsync<HubException>(() => _hub.GetAsync(Name, change: options => options.Offline = true));

        Assert.Contains("only a part of it", part.Message, StringComparison.Ordinal);
        Assert.Contains("model.safetensors", part.Message, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(Folder, "refs", "main"), "../../elsewhere");
        Assert.Contains("40 digits", (await Assert.ThrowsAsync<HubException>(() => _hub.GetAsync(Name, change: options => options.Offline = true))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_LinkWithoutItsBlob_IsMadeWholeAgain()
    {
        FakeRepository model = FakeRepository.Model();
        _hub.Repositories[Name] = model;
        string folder = await _hub.GetAsync(Name);
        File.Delete(Path.Combine(Folder, "blobs", model.HashOf("model.safetensors")));

        await _hub.GetAsync(Name);

        Assert.Equal(model.Files["model.safetensors"], File.ReadAllBytes(Path.Combine(folder, "model.safetensors")));
    }

    [Fact]
    public async Task Get_WhereNoLinksCanBeMade_PutsFilesIntoSnapshots()
    {
        FakeRepository model = FakeRepository.Model();
        _hub.Repositories[Name] = model;
        string folder = await _hub.GetAsync(Name, change: options => options.UseLinks = false);
        Assert.Null(new FileInfo(Path.Combine(folder, "model.safetensors")).LinkTarget);
        Assert.Equal(model.Files["model.safetensors"], File.ReadAllBytes(Path.Combine(folder, "model.safetensors")));
        _hub.Requests.Clear();

        await _hub.GetAsync(Name, change: options => options.UseLinks = false);

        Assert.Single(_hub.Requests);
    }

    [Fact]
    public async Task Get_BlobThatIsThere_IsCopiedWhereNoLinksCanBeMade()
    {
        FakeRepository model = FakeRepository.Model();
        _hub.Repositories[Name] = model;
        string blobs = Directory.CreateDirectory(Path.Combine(Folder, "blobs")).FullName;
        File.WriteAllBytes(Path.Combine(blobs, model.HashOf("model.safetensors")), model.Files["model.safetensors"]);

        string folder = await _hub.GetAsync(Name, change: options => options.UseLinks = false);

        Assert.Empty(_hub.Downloads("model.safetensors"));
        Assert.Equal(model.Files["model.safetensors"], File.ReadAllBytes(Path.Combine(folder, "model.safetensors")));
        Assert.True(File.Exists(Path.Combine(blobs, model.HashOf("model.safetensors"))));
    }

    [Fact]
    public async Task Get_TwiceAtOnce_DownloadsOnce()
    {
        FakeRepository model = FakeRepository.Model(weights: 2_000_000);
        _hub.Repositories[Name] = model;
        _hub.Misbehave = async (_, request) =>
        {
            await Task.Delay(request.IsBytesOfWeights ? 300 : 0);
            return false;
        };

        string[] folders = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => _hub.GetAsync(Name)));

        Assert.Single(folders.Distinct());
        Assert.Single(_hub.Requests, request => request.IsBytesOfWeights);
        Assert.Equal(model.Files["model.safetensors"], File.ReadAllBytes(Path.Combine(folders[0], "model.safetensors")));
    }

    [SkippableFact]
    public async Task Get_WhileAnotherProcessHoldsTheLock_Waits()
    {
        Skip.IfNot(File.Exists("/usr/bin/flock"), "There is no /usr/bin/flock, which takes the lock that Python's client takes.");
        FakeRepository model = FakeRepository.Model();
        _hub.Repositories[Name] = model;
        string locks = Directory.CreateDirectory(Path.Combine(_hub.Cache, ".locks", "models--org--tiny")).FullName;
        string release = Path.Combine(_hub.Cache, "release"), held = Path.Combine(_hub.Cache, "held");
        using Process other = Process.Start("/usr/bin/flock", [Path.Combine(locks, model.HashOf("model.safetensors") + ".lock"), "/bin/sh", "-c", $"touch '{held}'; while [ ! -e '{release}' ]; do sleep 0.05; done"])!;
        while (!File.Exists(held))
        {
            await Task.Delay(20);
        }

        Task<string> get = _hub.GetAsync(Name);
        await Task.Delay(1000);
        Assert.False(get.IsCompleted);
        Assert.DoesNotContain(_hub.Requests, request => request.IsBytesOfWeights);
        File.WriteAllText(release, "");

        Assert.True(File.Exists(Path.Combine(await get, "model.safetensors")));
        await other.WaitForExitAsync();
    }

    private static string[] Files(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(folder, path).Replace('\\', '/')).Order(StringComparer.Ordinal)];

    private static void Link(string path, string target)
    {
        if (OperatingSystem.IsWindows())
        {
            File.Copy(Path.Combine(Path.GetDirectoryName(path)!, target), path);
        }
        else
        {
            File.CreateSymbolicLink(path, target);
        }
    }
}
