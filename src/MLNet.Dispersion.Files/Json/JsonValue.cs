namespace MLNet.Dispersion.Files;

/// <summary>A value in the bytes of a document; what is in it is looked for when it is first asked for. Immutable and thread-safe.</summary>
internal sealed class JsonValue
{
    /// <summary>How deep the first pass notes what it finds: as deep as the fields of a tokenizer's model lie, so that its long lists are passed over once.</summary>
    private const int NotedAtOnce = 2;

    /// <summary>How many members of a list or an object the first pass notes at most.</summary>
    private const int MostNotedAtOnce = 64;

    private readonly ReadOnlyMemory<byte> _json;
    private volatile JsonMembers? _members;

    private JsonValue(ReadOnlyMemory<byte> json) => _json = json;

    /// <summary>The value as it is written.</summary>
    internal ReadOnlyMemory<byte> Utf8 => _json;

    /// <summary>The first character of the value.</summary>
    internal char First => (char)_json.Span[0];

    /// <summary>The entries of a list; of an object the values of its members.</summary>
    internal IReadOnlyList<JsonValue> Values => Members.Values;

    /// <summary>The names of an object's members, as many as there are values; null where one is no valid Unicode.</summary>
    internal IReadOnlyList<string?> Names => Members.Names;

    private JsonMembers Members => _members ??= Look();

    /// <summary>Reads a document.</summary>
    /// <param name="json">Valid UTF-8, which does not change any more.</param>
    /// <param name="fault">Where it ceases to be well-formed.</param>
    /// <returns>Its root; null where it is no JSON.</returns>
    internal static JsonValue? Read(ReadOnlyMemory<byte> json, out int fault)
    {
        var skimmer = new JsonSkimmer(json.Span);
        JsonValue? root = Read(json, ref skimmer, depth: 0);
        bool whole = root is not null && skimmer.AtEnd;
        fault = skimmer.At;
        return whole ? root : null;
    }

    /// <summary>The text that the value is; null where it is no valid Unicode.</summary>
    internal string? ToText() => JsonEscapes.Text(_json.Span[1..^1]);

    private static JsonValue? Read(ReadOnlyMemory<byte> json, ref JsonSkimmer skimmer, int depth)
    {
        skimmer.PassBlanks();
        int start = skimmer.At;
        JsonMembers? members = null;
        bool whole = depth < NotedAtOnce && (skimmer.Is('{') || skimmer.Is('['))
            ? ReadMembers(json, ref skimmer, depth + 1, MostNotedAtOnce, out members)
            : skimmer.TakeValue(depth);
        return whole ? new JsonValue(json[start..skimmer.At]) { _members = members } : null;
    }

    /// <summary>Takes a list or an object.</summary>
    /// <param name="json">The document.</param>
    /// <param name="skimmer">Stands before it.</param>
    /// <param name="depth">In how many lists and objects its values lie.</param>
    /// <param name="most">How many members are noted at most; one with more is passed over.</param>
    /// <param name="members">What is in it, or null where that is more.</param>
    private static bool ReadMembers(ReadOnlyMemory<byte> json, ref JsonSkimmer skimmer, int depth, int most, out JsonMembers? members)
    {
        bool isObject = skimmer.Is('{');
        char end = isObject ? '}' : ']';
        members = new JsonMembers([], []);
        skimmer.Take(isObject ? '{' : '[');
        if (skimmer.Take(end))
        {
            return true;
        }

        do
        {
            ReadOnlySpan<byte> name = default;
            if (isObject && !skimmer.TakeName(out name))
            {
                return false;
            }

            members = members?.Values.Count < most ? members : null;
            if (members is null)
            {
                if (!skimmer.TakeValue(depth))
                {
                    return false;
                }

                continue;
            }

            if (Read(json, ref skimmer, depth) is not { } value)
            {
                return false;
            }

            members.Values.Add(value);
            if (isObject)
            {
                members.Names.Add(JsonEscapes.Text(name));
            }
        }
        while (skimmer.Take(','));

        return skimmer.Take(end);
    }

    private JsonMembers Look()
    {
        // Known to be well-formed; what lies deeper is passed over.
        var skimmer = new JsonSkimmer(_json.Span);
        ReadMembers(_json, ref skimmer, NotedAtOnce, int.MaxValue, out JsonMembers? members);
        return members!;
    }

    /// <summary>What is in a list or an object.</summary>
    private sealed record JsonMembers(List<string?> Names, List<JsonValue> Values);
}
