using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>Keys and values of texts that a network has read, for others that begin alike. Thread-safe.</summary>
/// <remarks>They are those of the network's weights: whoever changes these has to <see cref="Drop"/> them.</remarks>
internal sealed class PrefixCache
{
    private readonly Lock _gate = new();

    /// <summary>The one used last in front.</summary>
    private readonly LinkedList<Entry> _entries = new();

    /// <summary>Fills an empty cache of one row with the longest beginning of a text that is kept.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="tokens">The text's tokens, of which the last is left to be read.</param>
    /// <returns>How many tokens need not be read.</returns>
    internal int Fill(KeyValueCache cache, ReadOnlySpan<int> tokens)
    {
        lock (_gate)
        {
            LinkedListNode<Entry>? best = null;
            int longest = 0;
            for (LinkedListNode<Entry>? node = _entries.First; node is not null; node = node.Next)
            {
                int common = tokens[..^1].CommonPrefixLength(node.Value.Tokens);
                (best, longest) = common > longest ? (node, common) : (best, longest);
            }

            if (best is not null)
            {
                _entries.Remove(best);
                _entries.AddFirst(best);
                cache.Restore(best.Value.Memory, longest);
            }

            return longest;
        }
    }

    /// <summary>Keeps what a cache of one row has read.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="tokens">Its tokens.</param>
    /// <param name="most">The most tokens of all texts that are kept; of this one so many from the beginning.</param>
    internal void Keep(KeyValueCache cache, ReadOnlySpan<int> tokens, int most)
    {
        int[] kept = tokens[..Math.Min(tokens.Length, most)].ToArray();
        lock (_gate)
        {
            if (kept.Length == 0 || _entries.Any(entry => entry.Tokens.AsSpan().StartsWith(kept)))
            {
                return;
            }

            Remove(entry => kept.AsSpan().StartsWith(entry.Tokens));
            _entries.AddFirst(new Entry(kept, cache.Copy(kept.Length)));
            int sum = 0;
            Remove(entry => (sum += entry.Tokens.Length) > most);
        }
    }

    /// <summary>Frees all: the weights are about to change, or to go.</summary>
    internal void Drop()
    {
        lock (_gate)
        {
            Remove(_ => true);
        }
    }

    private void Remove(Func<Entry, bool> which)
    {
        for (LinkedListNode<Entry>? node = _entries.First, next; node is not null; node = next)
        {
            next = node.Next;
            if (which(node.Value))
            {
                _entries.Remove(node);
                foreach (var (keys, values) in node.Value.Memory)
                {
                    keys.Dispose();
                    values.Dispose();
                }
            }
        }
    }

    private sealed record Entry(int[] Tokens, (Tensor Keys, Tensor Values)[] Memory);
}
