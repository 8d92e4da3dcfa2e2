using System.Text.RegularExpressions;

namespace MLNet.Dispersion.Hub;

/// <summary>Which GGUF file of a repository is meant. Pure functions of the list of names.</summary>
internal static partial class GgufChoice
{
    private const string Extension = ".gguf";

    internal static bool IsOne(string file) => file.EndsWith(Extension, StringComparison.OrdinalIgnoreCase);

    /// <summary>Finds it by its name, or by its quantisation.</summary>
    /// <param name="files">What the repository has.</param>
    /// <param name="wanted">A file's name (<c>model-q8_0.gguf</c>), or a quantisation (<c>Q8_0</c>).</param>
    /// <param name="place">The repository, for messages.</param>
    /// <exception cref="HubException">None or several fit, or the model is split.</exception>
    internal static string Find(IReadOnlyList<string> files, string wanted, string place)
    {
        string[] all = [.. files.Where(IsOne)];
        string[] fitting = IsOne(wanted) ? [.. all.Where(file => file == wanted)] : [.. all.Where(file => HasQuantisation(file, wanted))];
        string list = all.Length == 0 ? ModelChoice.Refused(files) + "It has no GGUF file at all." : $"It has: {Printable.FirstTen(all)}.";
        return fitting switch
        {
            [var one] when SplitName().IsMatch(one) => throw new HubException(place, $"'{Printable.Name(one)}' is a part of a split model, which is not read. Join the parts with llama-gguf-split --merge, and load the file with ModelSource.FromGguf."),
            [var one] => one,
            [] => throw new HubException(place, $"No GGUF file fits '{Printable.Name(wanted)}'. {list}"),
            _ => throw new HubException(place, $"{fitting.Length} GGUF files fit '{Printable.Name(wanted)}' ({Printable.FirstTen(fitting)}). Name the file in full; of a split model none is read."),
        };
    }

    /// <summary>Whether a quantisation's name stands in a file's, between signs that end names.</summary>
    private static bool HasQuantisation(string file, string wanted) =>
        !Path.GetFileName(file).StartsWith("mmproj", StringComparison.OrdinalIgnoreCase)
        && Regex.IsMatch(Path.GetFileName(file), $"(?<![A-Za-z0-9]){Regex.Escape(wanted)}(?![A-Za-z0-9_])", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);

    [GeneratedRegex(@"-\d{5}-of-\d{5}\.gguf$", RegexOptions.IgnoreCase)]
    private static partial Regex SplitName();
}
