using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>The folder of one whole checkpoint, known by its name.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Step">Optimizer steps done; <see cref="int.MaxValue"/> for the end of training, which comes after all.</param>
internal sealed record CheckpointFolder(string Path, int Step)
{
    private const string Finished = "finished";
    private const string Prefix = "checkpoint-";

    internal string Name => System.IO.Path.GetFileName(Path);

    internal DirectorySource Source => new(Path);

    /// <summary>The name of a checkpoint's folder.</summary>
    internal static string NameOf(int step, bool finished) => finished ? Finished : Prefix + step.ToString(CultureInfo.InvariantCulture);

    /// <summary>The checkpoints of a directory, oldest first. Folders that are still being written or deleted have other names.</summary>
    internal static IReadOnlyList<CheckpointFolder> All(string directory) => !Directory.Exists(directory)
        ? []
        : [.. Directory.EnumerateDirectories(System.IO.Path.GetFullPath(directory))
            .Select(path => StepOf(System.IO.Path.GetFileName(path)) is { } step ? new CheckpointFolder(path, step) : null)
            .OfType<CheckpointFolder>()
            .OrderBy(folder => folder.Step)];

    private static int? StepOf(string name)
    {
        if (name == Finished)
        {
            return int.MaxValue;
        }

        return name.StartsWith(Prefix, StringComparison.Ordinal)
            && int.TryParse(name.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int step)
            && NameOf(step, finished: false) == name
                ? step
                : null;
    }
}
