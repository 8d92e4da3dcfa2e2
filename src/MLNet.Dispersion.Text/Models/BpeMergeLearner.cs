using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>The merge loop of BPE training: counts of pairs are kept up to date word by word, with an index from each pair to the words that hold it.</summary>
internal sealed class BpeMergeLearner
{
    private readonly List<Word> _words = [];
    private readonly Dictionary<(int, int), PairRecord> _pairs = [];
    private readonly Dictionary<(int, int), long> _changes = [];
    private readonly PriorityQueue<(int, int), (long NegatedCount, int Left, int Right)> _queue = new();
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly HashSet<(int, int)> _merged = [];
    private readonly long _minimumFrequency;

    internal BpeMergeLearner(Dictionary<string, long> wordCounts, int minimumFrequency)
    {
        _minimumFrequency = minimumFrequency;
        foreach (byte value in ByteSymbols.VocabularyOrder)
        {
            AddPiece(ByteSymbols.Symbol(value).ToString());
        }

        foreach ((string text, long count) in wordCounts)
        {
            AddWord(text, count);
        }

        ApplyChanges();
    }

    /// <summary>The pieces in the order of their ids: bytes first.</summary>
    internal List<string> Pieces { get; } = [];

    /// <summary>The merges learned, in order.</summary>
    internal List<(string Left, string Right)> Merges { get; } = [];

    /// <summary>Merges pairs until there are <paramref name="size"/> pieces or no pair is frequent enough.</summary>
    /// <param name="size">The pieces wanted.</param>
    /// <param name="forbidden">Pieces that no merge may make.</param>
    /// <param name="cancellationToken">Ends the loop.</param>
    internal void Learn(int size, HashSet<string> forbidden, CancellationToken cancellationToken)
    {
        while (Pieces.Count < size && _queue.TryDequeue(out (int, int) pair, out var priority))
        {
            cancellationToken.ThrowIfCancellationRequested();
            long count = _pairs[pair].Count;
            if (count < _minimumFrequency || count > -priority.NegatedCount)
            {
                continue;
            }

            string merged = Pieces[pair.Item1] + Pieces[pair.Item2];
            if (count < -priority.NegatedCount)
            {
                Enqueue(pair, count);
            }
            else if (!forbidden.Contains(merged))
            {
                // A pair can come back after its merge, where another merge makes one of its pieces in a second way.
                if (_merged.Add(pair))
                {
                    Merges.Add((Pieces[pair.Item1], Pieces[pair.Item2]));
                }

                Merge(pair, _ids.TryGetValue(merged, out int known) ? known : AddPiece(merged));
            }
        }
    }

    private int AddPiece(string piece)
    {
        _ids.Add(piece, Pieces.Count);
        Pieces.Add(piece);
        return Pieces.Count - 1;
    }

    private void AddWord(string text, long count)
    {
        int[] symbols = [.. Encoding.UTF8.GetBytes(text).Select(b => _ids[ByteSymbols.Symbol(b).ToString()])];
        if (symbols.Length < 2)
        {
            return;
        }

        var word = new Word(symbols, count);
        _words.Add(word);
        for (int i = 0; i + 1 < symbols.Length; i++)
        {
            Add((symbols[i], symbols[i + 1]), count, _words.Count - 1);
        }
    }

    private void Merge((int Left, int Right) pair, int merged)
    {
        PairRecord record = _pairs[pair];
        List<int> holders = record.Words;
        record.Words = [];
        foreach (int index in holders)
        {
            MergeInWord(index, pair, merged);
        }

        ApplyChanges();
    }

    private void MergeInWord(int index, (int Left, int Right) pair, int merged)
    {
        Word word = _words[index];
        int[] symbols = word.Symbols;
        int kept = 0;
        for (int i = 0; i < word.Length; i++)
        {
            if (i + 1 == word.Length || symbols[i] != pair.Left || symbols[i + 1] != pair.Right)
            {
                symbols[kept++] = symbols[i];
                continue;
            }

            if (kept > 0)
            {
                Remove((symbols[kept - 1], pair.Left), word.Count);
                Add((symbols[kept - 1], merged), word.Count, index);
            }

            if (i + 2 < word.Length)
            {
                Remove((pair.Right, symbols[i + 2]), word.Count);
                Add((merged, symbols[i + 2]), word.Count, index);
            }

            Remove(pair, word.Count);
            symbols[kept++] = merged;
            i++;
        }

        word.Length = kept;
    }

    private void Add((int, int) pair, long count, int word)
    {
        if (!_pairs.TryGetValue(pair, out PairRecord? record))
        {
            _pairs[pair] = record = new PairRecord();
        }

        if (record.Words.Count == 0 || record.Words[^1] != word)
        {
            record.Words.Add(word);
        }

        Change(pair, count);
    }

    private void Remove((int, int) pair, long count) => Change(pair, -count);

    private void Change((int, int) pair, long difference)
    {
        ref long sum = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_changes, pair, out _);
        sum += difference;
    }

    private void ApplyChanges()
    {
        foreach (((int, int) pair, long difference) in _changes)
        {
            PairRecord record = _pairs[pair];
            record.Count += difference;
            if (difference > 0)
            {
                Enqueue(pair, record.Count);
            }
        }

        _changes.Clear();
    }

    private void Enqueue((int Left, int Right) pair, long count) => _queue.Enqueue(pair, (-count, pair.Left, pair.Right));

    private sealed class Word(int[] symbols, long count)
    {
        internal int[] Symbols { get; } = symbols;

        internal int Length { get; set; } = symbols.Length;

        internal long Count { get; } = count;
    }

    private sealed class PairRecord
    {
        internal long Count { get; set; }

        internal List<int> Words { get; set; } = [];
    }
}
