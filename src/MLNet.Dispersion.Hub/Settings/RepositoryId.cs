using System.Text.RegularExpressions;

namespace MLNet.Dispersion.Hub;

/// <summary>A model's repository at a revision: <c>Qwen/Qwen3-0.6B</c> at <c>main</c>. Immutable.</summary>
internal sealed partial record RepositoryId
{
    private const int LongestName = 96;

    private RepositoryId(string name, string revision)
    {
        Name = name;
        Revision = revision;
    }

    internal string Name { get; }

    /// <summary>A branch, a tag, <c>refs/pr/1</c>, or a commit's hash.</summary>
    internal string Revision { get; }

    /// <summary>Whether the revision is a commit, which never changes.</summary>
    internal bool IsCommit => IsCommitHash(Revision);

    /// <summary>Checks the names.</summary>
    /// <exception cref="ArgumentException">The hub has no such names.</exception>
    internal static RepositoryId Parse(string repository, string revision)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(repository);
        ArgumentException.ThrowIfNullOrWhiteSpace(revision);
        if (repository.Length > LongestName || !NamePattern().IsMatch(repository) || repository.Contains("--", StringComparison.Ordinal) || repository.Contains("..", StringComparison.Ordinal) || repository.EndsWith(".git", StringComparison.Ordinal))
        {
            throw new ArgumentException($"'{Printable.Name(repository)}' is no name of a model on the hub: it must be 'owner/name' or 'name', of letters, digits, '-', '_' and '.', at most {LongestName} signs. Models in a folder are had by ModelSource.FromDirectory.", nameof(repository));
        }

        return IsPlainPath(revision)
            ? new RepositoryId(repository, revision)
            : throw new ArgumentException($"'{Printable.Name(revision)}' is no revision: name a branch, a tag, 'refs/pr/1' or a commit.", nameof(revision));
    }

    internal static bool IsCommitHash(string text) => text.Length == 40 && text.All(char.IsAsciiHexDigitLower);

    /// <summary>Whether a path that came from elsewhere stays in the folder that it is put into, on any system.</summary>
    internal static bool IsPlainPath(string path) => path.Length is > 0 and <= 1024
        && path.All(c => c >= ' ' && c is not ('\\' or ':' or '*' or '?' or '"' or '<' or '>' or '|' or (char)127))
        && path.Split('/').All(part => part.Length > 0 && part.Trim() == part && !part.EndsWith('.'));

    /// <summary>The repository's name and revision, and a file's name, for messages.</summary>
    internal string Describe(string? file = null) => $"{Name}@{Printable.Name(Revision)}{(file is null ? "" : "/" + Printable.Name(file))}";

    /// <inheritdoc/>
    public override string ToString() => Describe();

    [GeneratedRegex(@"^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?(/[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?)?\z")]
    private static partial Regex NamePattern();
}
