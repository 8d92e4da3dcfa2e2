namespace MLNet.Dispersion.Hub;

/// <summary>The files of a repository at one commit.</summary>
/// <param name="Commit">The commit's hash.</param>
/// <param name="Files">Paths with slashes, all of which stay in the folder that they are put into.</param>
internal sealed record Listing(string Commit, IReadOnlyList<string> Files);
