using System.Globalization;

namespace MLNet.Dispersion.Hub;

/// <summary>The three requests of the hub that a download needs. Thread-safe.</summary>
internal sealed class HubApi(HubHttp http, RepositoryId repository, HubSettings settings)
{
    /// <summary>The largest listing that is read: some hundred thousand files.</summary>
    internal const int LargestListing = 64 << 20;

    /// <summary>Asks which commit the revision is, and which files it has.</summary>
    /// <exception cref="HubException">There is no such repository or revision, or the answer is none.</exception>
    internal async Task<Listing> ListAsync(CancellationToken cancellationToken)
    {
        string place = repository.Describe();
        byte[] json = await ReadListingAsync(place, cancellationToken).ConfigureAwait(false);
        try
        {
            JsonField root = JsonField.Parse(json, $"{place}: the hub's listing");
            JsonField commit = root.Get("sha");
            string[] files = [.. root.Get("siblings").Items().Select(item => item.Get("rfilename").AsString())];
            if (files.FirstOrDefault(Climbs) is { } hostile)
            {
                throw new HubException(place, $"It lists the file '{Printable.Name(hostile)}', which would lie outside of its folder. The repository is not to be trusted; nothing was taken from it.");
            }

            if (repository.IsCommit && commit.AsString() != repository.Revision)
            {
                throw new HubException(place, $"The hub answers for commit {Printable.Name(commit.AsString())} when that one is asked for. Ask the hub itself, or another mirror (HF_ENDPOINT).");
            }

            return RepositoryId.IsCommitHash(commit.AsString())
                ? new Listing(commit.AsString(), [.. files.Where(RepositoryId.IsPlainPath)])
                : throw commit.Fail("it must be a commit's hash of 40 digits");
        }
        catch (ModelFileException e)
        {
            throw new HubException(place, $"The answer is not the hub's: {e.Message} Check HF_ENDPOINT.", innerException: e);
        }
    }

    /// <summary>Asks for a file's hash and size at a commit.</summary>
    /// <exception cref="HubException">There is no such file, or its bytes could not be verified.</exception>
    internal async Task<BlobMetadata> DescribeAsync(string commit, string file, CancellationToken cancellationToken)
    {
        string place = repository.Describe(file);
        using HttpResponseMessage response = await http.SendAsync(HttpMethod.Head, PathOf(commit, file), place, leave: false, 0, cancellationToken).ConfigureAwait(false);
        if (Header(response, "X-Repo-Commit") is { } actual && actual != commit)
        {
            throw new HubException(place, $"The hub answers for commit {Printable.Name(actual)} when asked for {commit}: the repository changed in between. Try again.");
        }

        string tag = (Header(response, "X-Linked-Etag") ?? response.Headers.ETag?.Tag ?? "").Replace("W/", "", StringComparison.Ordinal).Trim('"').ToLowerInvariant();
        if (!BlobHash.IsOne(tag))
        {
            throw new HubException(place, $"The hub names no hash of it (ETag '{Printable.Name(tag)}'), so that its bytes cannot be verified. Ask the hub itself, or another mirror (HF_ENDPOINT).");
        }

        string? linked = Header(response, "X-Linked-Size");
        long size = linked is null ? response.Content.Headers.ContentLength ?? -1 : long.TryParse(linked, NumberStyles.None, CultureInfo.InvariantCulture, out long parsed) ? parsed : -1;
        return size >= 0
            ? new BlobMetadata(tag, size)
            : throw new HubException(place, $"The hub names no size of it ('{Printable.Name(linked ?? "")}'). Ask another mirror (HF_ENDPOINT).");
    }

    /// <summary>Asks for a file's bytes at a commit.</summary>
    /// <exception cref="HubException">It fails.</exception>
    internal Task<HttpResponseMessage> OpenAsync(string commit, string file, long from, CancellationToken cancellationToken) =>
        http.SendAsync(HttpMethod.Get, PathOf(commit, file), repository.Describe(file), leave: true, from, cancellationToken);

    private string PathOf(string commit, string file) => $"{repository.Name}/resolve/{commit}/{string.Join('/', file.Split('/').Select(Uri.EscapeDataString))}";

    /// <summary>Whether a listed path is meant to leave its folder; names that only this system cannot have are passed over instead.</summary>
    private static bool Climbs(string path) => path.StartsWith('/') || path.StartsWith('\\') || path.Split('/', '\\').Contains("..") || (path.Length > 1 && path[1] == ':');

    private static string? Header(HttpResponseMessage response, string name) => response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values.FirstOrDefault() : null;

    private async Task<byte[]> ReadListingAsync(string place, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            using HttpResponseMessage response = await http.SendAsync(HttpMethod.Get, $"api/models/{repository.Name}/revision/{Uri.EscapeDataString(repository.Revision)}", place, leave: false, 0, cancellationToken).ConfigureAwait(false);
            try
            {
                return await ReadAllAsync(response, place, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (PatientBody.IsBreak(e))
            {
                if (attempt >= settings.Options.Attempts)
                {
                    throw new HubException(place, $"The hub's listing broke off {attempt} times, last with: {e.Message} Try later.", innerException: e) { IsUnreachable = true };
                }
            }

            await Backoff.WaitAsync(settings, attempt, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<byte[]> ReadAllAsync(HttpResponseMessage response, string place, CancellationToken cancellationToken)
    {
        await using PatientBody body = await PatientBody.OpenAsync(response, settings, cancellationToken).ConfigureAwait(false);
        using var all = new MemoryStream();
        byte[] buffer = new byte[1 << 16];
        while (await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and int count)
        {
            all.Write(buffer, 0, count);
            if (all.Length > LargestListing)
            {
                throw new HubException(place, $"The hub's listing is longer than {LargestListing} bytes: that is no model's repository.");
            }
        }

        return all.ToArray();
    }
}
