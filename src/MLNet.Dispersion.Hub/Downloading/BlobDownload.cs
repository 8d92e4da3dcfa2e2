using System.Globalization;
using System.Net;

namespace MLNet.Dispersion.Hub;

/// <summary>Downloads one file into the cache: goes on where an earlier download broke off, verifies, and publishes it whole.</summary>
internal sealed class BlobDownload(HubApi api, RepositoryCache cache, HubSettings settings, ProgressMeter meter, string place, string commit, string file, BlobMetadata blob)
{
    /// <summary>Downloads it, unless another process has done so meanwhile.</summary>
    /// <returns>Whether it was downloaded just now.</returns>
    /// <exception cref="HubException">It cannot be had whole, or cannot be written.</exception>
    internal async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        using IDisposable held = await cache.LockAsync(blob.Hash, cancellationToken).ConfigureAwait(false);
        if (IsThere(cache, blob))
        {
            meter.Begin(file, blob.Size, blob.Size);
            return false;
        }

        // What is wrong may be what an earlier download left, or a proxy's hiccup: once it is begun anew.
        if (await TryAsync(cancellationToken).ConfigureAwait(false) is not null && await TryAsync(cancellationToken).ConfigureAwait(false) is { } wrong)
        {
            throw new HubException(place, $"What was downloaded is not the file that the hub describes: {wrong}, twice. It was thrown away. Try again later, or without the proxy or mirror between.");
        }

        cache.Publish(blob.Hash);
        meter.End();
        return true;
    }

    /// <summary>Whether a blob lies in the cache, in its full length.</summary>
    internal static bool IsThere(RepositoryCache cache, BlobMetadata blob) => new FileInfo(cache.BlobOf(blob.Hash)) is { Exists: true } info && info.Length == blob.Size;

    /// <summary>Downloads and verifies; what is wrong is thrown away.</summary>
    /// <returns>Null where it is whole, else what is wrong with it.</returns>
    private async Task<string?> TryAsync(CancellationToken cancellationToken)
    {
        string? wrong;
        using (FileStream output = cache.OpenPartial(blob.Hash))
        {
            if (output.Length > blob.Size)
            {
                output.SetLength(0);
            }

            using var hash = new BlobHash(blob);
            await HashAsync(output, hash, cancellationToken).ConfigureAwait(false);
            meter.Begin(file, blob.Size, output.Position);
            wrong = await FillAsync(output, hash, cancellationToken).ConfigureAwait(false)
                ?? (hash.Difference() is { } actual ? $"its hash is {actual}, not {blob.Hash}" : null);
            if (wrong is null)
            {
                Write(() => output.Flush(flushToDisk: true));
            }
        }

        if (wrong is not null)
        {
            cache.Discard(blob.Hash);
            meter.Restart();
        }

        return wrong;
    }

    /// <summary>Hashes what is there, and leaves the stream at its end.</summary>
    private static async Task HashAsync(FileStream output, BlobHash hash, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[1 << 20];
        while (output.Position < output.Length && await output.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and int count)
        {
            hash.Add(buffer.AsSpan(0, count));
        }
    }

    /// <summary>Downloads what is missing.</summary>
    /// <returns>Null where it has the right length, else what is wrong.</returns>
    private async Task<string?> FillAsync(FileStream output, BlobHash hash, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[1 << 17];
        for (int failures = 0; output.Position < blob.Size;)
        {
            long before = output.Position;
            using HttpResponseMessage response = await api.OpenAsync(commit, file, before, cancellationToken).ConfigureAwait(false);
            if (WrongLength(response, before) is { } length)
            {
                return length;
            }

            if (before > 0 && response.StatusCode != HttpStatusCode.PartialContent)
            {
                // The server does not go on; it begins.
                hash.Restart();
                output.SetLength(0);
                meter.Restart();
                before = 0;
            }

            string? broken = null;
            try
            {
                await using PatientBody body = await PatientBody.OpenAsync(response, settings, cancellationToken).ConfigureAwait(false);
                while (await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and int count)
                {
                    if (count > blob.Size - output.Position)
                    {
                        return string.Create(CultureInfo.InvariantCulture, $"it has more than {blob.Size} bytes");
                    }

                    Write(() => output.Write(buffer, 0, count));
                    hash.Add(buffer.AsSpan(0, count));
                    meter.Add(count);
                }
            }
            catch (Exception e) when (PatientBody.IsBreak(e))
            {
                broken = e.Message;
            }

            if (output.Position == blob.Size)
            {
                break;
            }

            failures = output.Position > before ? 1 : failures + 1;
            if (failures > settings.Options.Attempts)
            {
                throw new HubException(place, string.Create(CultureInfo.InvariantCulture, $"The download broke off at byte {output.Position} of {blob.Size} and came no further in {settings.Options.Attempts} attempts ({broken ?? "the server ended it"}). Call again: it goes on from there."));
            }

            await Backoff.WaitAsync(settings, failures, cancellationToken).ConfigureAwait(false);
        }

        return null;
    }

    /// <summary>What is wrong with the length that an answer announces; null where nothing is.</summary>
    private string? WrongLength(HttpResponseMessage response, long from)
    {
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            return string.Create(CultureInfo.InvariantCulture, $"there is nothing from byte {from} on, where there should be {blob.Size} bytes");
        }

        if (response.StatusCode == HttpStatusCode.PartialContent)
        {
            return response.Content.Headers.ContentRange is { From: { } start } range && start == from && (range.Length ?? blob.Size) == blob.Size
                ? null
                : string.Create(CultureInfo.InvariantCulture, $"the part sent is '{response.Content.Headers.ContentRange}' when bytes from {from} of {blob.Size} were asked for");
        }

        return response.Content.Headers.ContentLength is { } length && length != blob.Size
            ? string.Create(CultureInfo.InvariantCulture, $"it has {length} bytes, not {blob.Size}")
            : null;
    }

    private void Write(Action write)
    {
        try
        {
            write();
        }
        catch (IOException e)
        {
            throw new HubException(place, DiskSpace.IsFull(e)
                ? $"The disk of {cache.Folder} is full. Make room, or put the cache elsewhere (HF_HUB_CACHE); what is there is gone on with."
                : $"It cannot be written to {cache.Folder}: {e.Message}", innerException: e);
        }
    }
}
