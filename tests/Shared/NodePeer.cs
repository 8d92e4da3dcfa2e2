namespace MLNet.Dispersion.Tests;

/// <summary>Packages of node that give a second opinion, where somebody installed them.</summary>
internal static class NodePeer
{
    private const string Variable = "DISPERSION_NODE_PEER";

    /// <summary>The folder in which a package is installed; skips the calling test where it is not.</summary>
    /// <param name="package">Its name.</param>
    /// <param name="install">What npm install is given.</param>
    public static string FolderOf(string package, string install)
    {
        string? folder = Environment.GetEnvironmentVariable(Variable);
        Skip.IfNot(
            folder is not null && Directory.Exists(Path.Combine([folder, "node_modules", .. package.Split('/')])),
            $"No second opinion: run npm install {install} in a folder of its own and name it in the environment variable {Variable}.");
        return folder!;
    }
}
