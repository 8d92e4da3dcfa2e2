using System.Globalization;

namespace MLNet.Dispersion.Hub;

/// <summary>Brings the files of a model into the cache and says where they lie.</summary>
internal sealed class HubDownload
{
    /// <summary>The largest file that readers take whole: tokenizers of a million tokens have a tenth of it.</summary>
    private const long LargestText = 512L << 20;

    private readonly RepositoryId _repository;
    private readonly HubSettings _settings;
    private readonly RepositoryCache _cache;

    /// <summary>Names the model; nothing is asked yet.</summary>
    /// <exception cref="ArgumentException">A name or an option cannot be.</exception>
    internal HubDownload(string repository, string revision, HubOptions? options)
    {
        _repository = RepositoryId.Parse(repository, revision);
        _settings = HubSettings.From(options, Environment.GetEnvironmentVariable);
        _cache = new RepositoryCache(_settings.CacheDirectory, _repository, _settings.Options.UseLinks);
    }

    private string Place => _repository.Describe();

    /// <summary>Brings a model's directory.</summary>
    /// <returns>The directory's path.</returns>
    /// <exception cref="HubException">It cannot be had.</exception>
    internal async Task<string> GetDirectoryAsync(CancellationToken cancellationToken)
    {
        string commit = await GetAsync(ModelChoice.Guides, (files, snapshot) => ModelChoice.All(files, snapshot, Place), cancellationToken).ConfigureAwait(false);
        return _cache.SnapshotOf(commit);
    }

    /// <summary>Brings one GGUF file.</summary>
    /// <returns>The file's path.</returns>
    /// <exception cref="HubException">It cannot be had.</exception>
    internal async Task<string> GetGgufAsync(string wanted, CancellationToken cancellationToken)
    {
        string file = "";
        string commit = await GetAsync(_ => [], (files, _) => [file = GgufChoice.Find(files, wanted, Place)], cancellationToken).ConfigureAwait(false);
        return _cache.PathOf(commit, file);
    }

    /// <summary>Brings the files that are chosen, from the hub or from the cache alone.</summary>
    /// <returns>The commit.</returns>
    private async Task<string> GetAsync(Func<IReadOnlyList<string>, IReadOnlyList<string>> guides, Func<IReadOnlyList<string>, FileSource, IReadOnlyList<string>> choose, CancellationToken cancellationToken)
    {
        if (_settings.Offline)
        {
            return FromCache(choose, "HF_HUB_OFFLINE or HubOptions.Offline is set");
        }

        using var http = new HubHttp(_settings);
        var api = new HubApi(http, _repository, _settings);
        Listing listing;
        try
        {
            listing = await api.ListAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (HubException e) when (e.IsUnreachable && _cache.FindCommit() is not null)
        {
            return FromCache(choose, e.Message);
        }

        var meter = new ProgressMeter(_settings.Options.Progress, TimeProvider.System);
        await FetchAsync(api, meter, listing.Commit, guides(listing.Files), cancellationToken).ConfigureAwait(false);
        await FetchAsync(api, meter, listing.Commit, choose(listing.Files, new DirectorySource(_cache.SnapshotOf(listing.Commit))), cancellationToken).ConfigureAwait(false);
        _cache.NoteCommit(listing.Commit);
        return listing.Commit;
    }

    private string FromCache(Func<IReadOnlyList<string>, FileSource, IReadOnlyList<string>> choose, string reason)
    {
        if (_cache.FindCommit() is not { } commit)
        {
            throw new HubException(Place, $"It is not in the cache ({_cache.Folder}), and only the cache is asked: {reason}. Go online once, or check HF_HUB_CACHE and HF_HOME.");
        }

        try
        {
            choose(_cache.FilesOf(commit), new DirectorySource(_cache.SnapshotOf(commit)));
            return commit;
        }
        catch (HubException e)
        {
            throw new HubException(Place, $"The cache ({_cache.SnapshotOf(commit)}) holds only a part of it, and only the cache is asked: {reason}. {e.Message} Go online once.", innerException: e);
        }
    }

    private async Task FetchAsync(HubApi api, ProgressMeter meter, string commit, IReadOnlyList<string> files, CancellationToken cancellationToken)
    {
        List<(string File, BlobMetadata Blob)> missing = [];
        foreach (string file in files.Where(file => !_cache.Contains(commit, file)))
        {
            BlobMetadata blob = await api.DescribeAsync(commit, file, cancellationToken).ConfigureAwait(false);
            if (blob.Size > LargestText && !IsWeights(file))
            {
                throw new HubException(_repository.Describe(file), string.Create(CultureInfo.InvariantCulture, $"It has {blob.Size} bytes; a file of settings or of a tokenizer has at most {LargestText}. The repository is damaged, or not to be trusted."));
            }

            missing.Add((file, blob));
        }

        BlobMetadata[] absent = [.. missing.Select(pair => pair.Blob).Where(blob => !BlobDownload.IsThere(_cache, blob)).Distinct()];
        RequireRoom(absent.Sum(blob => blob.Size - Math.Min(blob.Size, PartOf(blob))));
        meter.Expect(missing.Sum(pair => pair.Blob.Size));
        foreach ((string file, BlobMetadata blob) in missing)
        {
            bool fresh = await new BlobDownload(api, _cache, _settings, meter, _repository.Describe(file), commit, file, blob).RunAsync(cancellationToken).ConfigureAwait(false);
            _cache.Link(commit, file, blob.Hash, fresh);
        }
    }

    private static bool IsWeights(string file) => GgufChoice.IsOne(file) || file.EndsWith(".safetensors", StringComparison.Ordinal);

    private long PartOf(BlobMetadata blob) => new FileInfo(_cache.PartialOf(blob.Hash)) is { Exists: true } part ? part.Length : 0;

    private void RequireRoom(long bytes)
    {
        if (bytes > 0 && _settings.Options.FreeBytes(_cache.Folder) is { } free && free < bytes)
        {
            throw new HubException(Place, string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes are to be downloaded, and the disk of {_cache.Folder} has {free} left. Make room, or put the cache elsewhere (HF_HUB_CACHE)."));
        }
    }
}
