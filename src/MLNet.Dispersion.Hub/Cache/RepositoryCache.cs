using System.Text;

namespace MLNet.Dispersion.Hub;

/// <summary>A model's folder in the cache, laid out as the hub's own clients lay it: blobs by their hash, refs from revisions to commits, snapshots whose files are links to blobs. Thread-safe.</summary>
internal sealed class RepositoryCache
{
    private const string Models = "models--";
    private static readonly TimeSpan LockPoll = TimeSpan.FromMilliseconds(100);

    /// <summary>Everything, hidden files too, but no circle of links without end.</summary>
    private static readonly EnumerationOptions Deep = new() { RecurseSubdirectories = true, MaxRecursionDepth = 8, AttributesToSkip = 0 };

    private readonly RepositoryId _repository;
    private readonly bool _links;
    private readonly string _locks;

    /// <summary>Names the folder; nothing is made yet.</summary>
    /// <param name="directory">The cache.</param>
    /// <param name="repository">Whose folder.</param>
    /// <param name="links">Whether links are tried.</param>
    internal RepositoryCache(string directory, RepositoryId repository, bool links)
    {
        _repository = repository;
        _links = links;
        string name = Models + repository.Name.Replace("/", "--", StringComparison.Ordinal);
        Folder = Path.Combine(directory, name);
        _locks = Path.Combine(directory, ".locks", name);
    }

    internal string Folder { get; }

    /// <summary>Where a blob lies, or will.</summary>
    internal string BlobOf(string hash) => Path.Combine(Folder, "blobs", hash);

    /// <summary>Where what is there of a blob lies while it is downloaded.</summary>
    internal string PartialOf(string hash) => BlobOf(hash) + ".incomplete";

    /// <summary>The folder of a commit's files.</summary>
    internal string SnapshotOf(string commit) => Path.Combine(Folder, "snapshots", commit);

    /// <summary>Where a commit's file lies, or will.</summary>
    internal string PathOf(string commit, string file) => Path.Combine([SnapshotOf(commit), .. file.Split('/')]);

    /// <summary>Whether a commit's file is there: the file itself, or a link whose blob is there.</summary>
    internal bool Contains(string commit, string file) => IsWhole(PathOf(commit, file));

    /// <summary>The commit that the revision was when it was last asked for; null where it never was.</summary>
    /// <exception cref="HubException">The cache holds something else in its place.</exception>
    internal string? FindCommit()
    {
        if (_repository.IsCommit)
        {
            return Directory.Exists(SnapshotOf(_repository.Revision)) ? _repository.Revision : null;
        }

        string path = RefPath();
        string? commit = FindNoted(path);
        return commit is null || RepositoryId.IsCommitHash(commit)
            ? commit
            : throw new HubException(path, $"It must hold a commit's hash of 40 digits, and holds '{Printable.Name(commit)}'. Delete the file.");
    }

    /// <summary>Notes which commit the revision is.</summary>
    internal void NoteCommit(string commit)
    {
        string path = RefPath();
        if (!_repository.IsCommit && FindNoted(path) != commit)
        {
            Guard(path, () => WholeFile.Write(path, Encoding.ASCII.GetBytes(commit)));
        }
    }

    /// <summary>The files of a snapshot, as the repository names them; links whose blob is gone are none.</summary>
    internal IReadOnlyList<string> FilesOf(string commit)
    {
        string folder = SnapshotOf(commit);
        return Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, "*", Deep).Where(IsWhole).Select(path => Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/'))]
            : [];
    }

    /// <summary>Waits until no other process or thread downloads a blob, and keeps them away until the result is disposed of.</summary>
    /// <remarks>The lock is that of the hub's Python client: flock on Unix, an open file on Windows. The end of a process frees it.</remarks>
    internal async Task<IDisposable> LockAsync(string hash, CancellationToken cancellationToken)
    {
        string path = Path.Combine(_locks, hash + ".lock");
        Guard(path, () => Directory.CreateDirectory(_locks));
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when (IsHeld(e))
            {
                await Task.Delay(LockPoll, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw Unusable(path, e);
            }
        }
    }

    /// <summary>Opens what is there of a blob, at its beginning, to be gone on with.</summary>
    internal FileStream OpenPartial(string hash)
    {
        string path = PartialOf(hash);
        return Guard(path, () =>
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
        });
    }

    /// <summary>Makes a verified download a blob: it appears whole.</summary>
    internal void Publish(string hash) => Guard(BlobOf(hash), () => File.Move(PartialOf(hash), BlobOf(hash), overwrite: true));

    /// <summary>Throws away what is there of a blob that is damaged.</summary>
    internal void Discard(string hash) => Guard(PartialOf(hash), () => File.Delete(PartialOf(hash)));

    /// <summary>Makes a commit's file from its blob: a relative link, or where none can be made the file itself, moved there if it is <paramref name="fresh"/> and copied otherwise.</summary>
    internal void Link(string commit, string file, string hash, bool fresh)
    {
        string path = PathOf(commit, file), folder = Path.GetDirectoryName(path)!;
        Guard(path, () =>
        {
            Directory.CreateDirectory(folder);
            if (IsWhole(path))
            {
                return;
            }

            // It may be a link whose blob is gone.
            File.Delete(path);
            if (_links && TryLink(path, Path.GetRelativePath(folder, BlobOf(hash))))
            {
                return;
            }

            if (fresh)
            {
                File.Move(BlobOf(hash), path, overwrite: true);
            }
            else
            {
                new DirectorySink(folder).Write(Path.GetFileName(path), stream =>
                {
                    using FileStream blob = File.OpenRead(BlobOf(hash));
                    blob.CopyTo(stream);
                });
            }
        });
    }

    /// <summary>File.Exists is content with a link that leads nowhere.</summary>
    private static bool IsWhole(string path) => File.Exists(path) && (File.ResolveLinkTarget(path, returnFinalTarget: true)?.Exists ?? true);

    private static bool TryLink(string path, string target)
    {
        try
        {
            File.CreateSymbolicLink(path, target);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            // Windows without developer mode, or a disk without links; or another process was first.
            return IsWhole(path);
        }
    }

    private static bool IsHeld(IOException e) => (e.HResult & 0xFFFF) switch
    {
        32 or 33 => OperatingSystem.IsWindows(),
        11 => OperatingSystem.IsLinux(),
        35 => OperatingSystem.IsMacOS(),
        _ => false,
    };

    private static void Guard(string path, Action act) => Guard(path, () =>
    {
        act();
        return true;
    });

    private static T Guard<T>(string path, Func<T> act)
    {
        try
        {
            return act();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(path, e);
        }
    }

    private static HubException Unusable(string path, Exception e) => e is IOException full && DiskSpace.IsFull(full)
        ? new HubException(path, "The disk is full. Make room, or put the cache elsewhere (HF_HUB_CACHE).", innerException: e)
        : new HubException(path, $"The cache cannot be used there: {e.Message} Make it writable, or put the cache elsewhere (HF_HUB_CACHE).", innerException: e);

    private static string? FindNoted(string path) => File.Exists(path) ? Guard(path, () => File.ReadAllText(path)).Trim() : null;

    private string RefPath() => Path.Combine([Folder, "refs", .. _repository.Revision.Split('/')]);
}
