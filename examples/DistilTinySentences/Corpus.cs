using System.IO.Compression;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace MLNet.Dispersion.Examples.DistilTinySentences;

/// <summary>The texts that the teacher reads: sentences and passages of public-domain books, sentences of the grammar, and words at random.</summary>
/// <param name="seed">Of what is drawn.</param>
internal sealed partial class Corpus(int seed)
{
    private const int FewestWords = 4;
    private const int MostWords = 40;
    private const int SentencesAPassage = 5;
    private readonly Random _random = new(seed);
    private readonly HashSet<string> _seen = [];

    /// <summary>Draws texts, none twice, in an order of their own.</summary>
    /// <param name="booksFile">Gzipped JSON lines with a field text.</param>
    /// <param name="excluded">Folders whose lines and fields must not occur.</param>
    /// <param name="vocabulary">The teacher's whole words.</param>
    /// <param name="count">How many texts.</param>
    /// <returns>The texts, and how many each source gave.</returns>
    public (string[] Texts, IReadOnlyDictionary<string, int> Sources) Draw(string booksFile, IEnumerable<string> excluded, string[] vocabulary, int count)
    {
        foreach (string field in excluded.SelectMany(folder => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)).Where(file => file.EndsWith(".tsv", StringComparison.Ordinal) || file.EndsWith(".jsonl", StringComparison.Ordinal)).SelectMany(Fields))
        {
            _seen.Add(Key(field));
        }

        var texts = new List<string>();
        var sources = new Dictionary<string, int>();
        Grammar grammar = Grammar.Read();
        string[][] books = [.. Books(booksFile)];
        Take("sentences of the grammar", 0.45, () => grammar.Draw(_random));
        Take("sentences of the books", 0.4, () => Sentence(books));
        Take("passages of the books", 0.02, () => string.Join(' ', Passage(books)));
        Take("words at random", 0.13, () => Words(grammar, vocabulary));
        string[] shuffled = [.. texts];
        _random.Shuffle(shuffled);
        return (shuffled, sources);

        void Take(string source, double part, Func<string> draw)
        {
            int wanted = (int)(part * count);
            for (int taken = 0; taken < wanted;)
            {
                string text = draw();
                if (text.Length > 0 && _seen.Add(Key(text)))
                {
                    texts.Add(text);
                    taken++;
                }
            }

            sources[source] = wanted;
        }
    }

    /// <summary>Letters and digits alone, in lower case.</summary>
    private static string Key(string text) => string.Concat(text.Where(char.IsLetterOrDigit).Select(char.ToLowerInvariant));

    /// <summary>All that a line may hold a text in: itself, its fields, its JSON strings.</summary>
    private static IEnumerable<string> Fields(string file) => File.ReadLines(file).SelectMany(line => line.StartsWith('{') ? Strings(JsonDocument.Parse(line).RootElement) : line.Split('\t'));

    private static IEnumerable<string> Strings(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => [element.GetString()!],
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Strings),
        JsonValueKind.Object => element.EnumerateObject().SelectMany(property => Strings(property.Value)),
        _ => [],
    };

    private static IEnumerable<string[]> Books(string path)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line)
        {
            string text = JsonDocument.Parse(line).RootElement.GetProperty("text").GetString()!;
            yield return [.. End().Split(Blanks().Replace(text, " ")).Where(sentence => sentence.Count(c => c == ' ') is >= FewestWords - 1 and < MostWords)];
        }
    }

    [GeneratedRegex(@"(?<=[.!?][""”’']?)\s+(?=[A-Z""“‘'])")]
    private static partial Regex End();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();

    private string Sentence(string[][] books)
    {
        string[] book = books[_random.Next(books.Length)];
        return book[_random.Next(book.Length)];
    }

    private IEnumerable<string> Passage(string[][] books)
    {
        string[] book = books[_random.Next(books.Length)];
        return book.Skip(_random.Next(book.Length - SentencesAPassage)).Take(SentencesAPassage);
    }

    /// <summary>Words of the vocabulary, evenly, alone or among those of a sentence: so rare ones are seen too.</summary>
    private string Words(Grammar grammar, string[] vocabulary)
    {
        string Word() => vocabulary[_random.Next(vocabulary.Length)];
        if (_random.Next(3) == 0)
        {
            return string.Join(' ', Enumerable.Range(0, _random.Next(1, 7)).Select(_ => Word()));
        }

        string[] words = grammar.Draw(_random).Split(' ');
        for (int i = 0; i < Math.Max(1, words.Length / 4); i++)
        {
            words[_random.Next(words.Length)] = Word();
        }

        return string.Join(' ', words);
    }
}
