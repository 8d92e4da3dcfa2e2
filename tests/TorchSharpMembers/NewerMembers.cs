using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Mono.Cecil;

namespace MLNet.Dispersion.TorchSharpMembers;

/// <summary>What a version of TorchSharp has more than an older one, and enough of the older one to know its members again.</summary>
/// <param name="OlderVersion">The older version, as 0.106.0.</param>
/// <param name="NewerVersion">The newer version.</param>
/// <param name="OlderCount">How many members the older version has.</param>
/// <param name="OlderFingerprint">Their <see cref="PublicMembers.Fingerprint"/>.</param>
/// <param name="Members">What the newer version has more.</param>
internal sealed partial record NewerMembers(string OlderVersion, string NewerVersion, int OlderCount, string OlderFingerprint, IReadOnlySet<string> Members)
{
    /// <summary>The difference of two versions; the newer one must have all that the older one has.</summary>
    internal static NewerMembers Between(AssemblyDefinition older, AssemblyDefinition newer)
    {
        SortedSet<string> before = PublicMembers.Of(older);
        SortedSet<string> after = PublicMembers.Of(newer);
        string[] gone = [.. before.Except(after)];
        return gone.Length == 0
            ? new(older.Name.Version.ToString(3), newer.Name.Version.ToString(3), before.Count, PublicMembers.Fingerprint(before), after.Except(before).ToHashSet(StringComparer.Ordinal))
            : throw new InvalidOperationException($"The newer version lacks what the older one has, so code that compiles with one may not with the other:\n{string.Join('\n', gone)}");
    }

    /// <summary>Reads what <see cref="ToText"/> wrote, with comments (#) that were added.</summary>
    internal static NewerMembers Parse(string text)
    {
        Match head = Head().Match(text);
        return head.Success
            ? new(head.Groups["older"].Value, head.Groups["newer"].Value, int.Parse(head.Groups["count"].Value, CultureInfo.InvariantCulture), head.Groups["hash"].Value,
                text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(line => line[0] != '#').ToHashSet(StringComparer.Ordinal))
            : throw new FormatException("The list's first line must name both versions, the older one's number of members and their fingerprint.");
    }

    /// <summary>As a text file.</summary>
    internal string ToText()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# TorchSharp {NewerVersion} has beyond {OlderVersion} ({OlderCount} members, SHA-256 {OlderFingerprint}):\n");
        foreach (string member in Members.Order(StringComparer.Ordinal))
        {
            text.Append(member).Append('\n');
        }

        return text.ToString();
    }

    [GeneratedRegex(@"^# TorchSharp (?<newer>[\d.]+) has beyond (?<older>[\d.]+) \((?<count>\d+) members, SHA-256 (?<hash>[0-9a-f]{64})\):", RegexOptions.Multiline)]
    private static partial Regex Head();
}
