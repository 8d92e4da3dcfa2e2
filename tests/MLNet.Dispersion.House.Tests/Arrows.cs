namespace MLNet.Dispersion.House.Tests;

/// <summary>Checks of which room uses which, on any set of uses: the compiled ones, or planted ones.</summary>
internal static class Arrows
{
    /// <summary>Uses that the table does not allow.</summary>
    /// <param name="uses">Pairs of a type with its room and the type that it uses with its own.</param>
    /// <param name="allowed">The table.</param>
    internal static IEnumerable<string> Forbidden(IEnumerable<Pair> uses, IReadOnlyDictionary<string, string[]> allowed) => uses
        .Where(pair => pair.UserRoom != pair.UsedRoom && !IsAllowed(pair, allowed))
        .Select(pair => $"{pair.UserRoom} -> {pair.UsedRoom}: {pair.User} uses {pair.Used}");

    /// <summary>Rooms that can be reached from themselves.</summary>
    internal static IEnumerable<string> Circles(IEnumerable<Pair> uses)
    {
        ILookup<string, string> next = uses.Where(pair => pair.UserRoom != pair.UsedRoom).Select(pair => (pair.UserRoom, pair.UsedRoom)).Distinct().ToLookup(pair => pair.UserRoom, pair => pair.UsedRoom);
        return next.Select(rooms => rooms.Key).Where(room => Reachable(room, next).Contains(room)).Order(StringComparer.Ordinal);
    }

    private static bool IsAllowed(Pair pair, IReadOnlyDictionary<string, string[]> allowed) =>
        allowed.TryGetValue(pair.UserRoom, out string[]? rooms) && rooms.Any(room => Covers(room, pair.UsedRoom));

    /// <summary>Whether an entry of the table speaks of a room: by its name, or by the name of what it lies in and a star.</summary>
    internal static bool Covers(string entry, string room) => entry.EndsWith("/*", StringComparison.Ordinal) ? room.StartsWith(entry[..^1], StringComparison.Ordinal) : room == entry;

    private static HashSet<string> Reachable(string start, ILookup<string, string> next)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var open = new Queue<string>(next[start]);
        while (open.TryDequeue(out string? room))
        {
            if (seen.Add(room))
            {
                foreach (string further in next[room])
                {
                    open.Enqueue(further);
                }
            }
        }

        return seen;
    }

    /// <summary>A use with the rooms of both sides.</summary>
    internal sealed record Pair(string User, string UserRoom, string Used, string UsedRoom);
}
