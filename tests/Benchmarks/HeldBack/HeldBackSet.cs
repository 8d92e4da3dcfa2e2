using System.Text.Json;
using MLNet.Dispersion.Examples;

namespace MLNet.Dispersion.Benchmarks.HeldBack;

/// <summary>A labelled set that no default and no advice was drawn from.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Train">Rows to learn from, so many of each label.</param>
/// <param name="Test">Rows to judge by.</param>
internal sealed record HeldBackSet(string Name, IReadOnlyList<LabelledText> Train, IReadOnlyList<LabelledText> Test)
{
    private const int DrawSeed = 20263;
    private const int Authors = 10;
    private const int ShortestParagraph = 200;
    private const int LongestParagraph = 500;
    private const int TestRows = 700;

    /// <summary>Who wrote a paragraph: ten authors of a corpus of books, learnt from the first half of their texts, tested on the second.</summary>
    /// <param name="books">Gzipped JSON lines with id, title, author and text.</param>
    /// <param name="perClass">Training rows of each.</param>
    public static HeldBackSet OfAuthors(FileInfo books, int perClass)
    {
        var random = new Random(DrawSeed);
        var halves = Book.ReadAll(books.FullName).GroupBy(book => book.Author, book => Paragraphs(book.Text).ToArray()).OrderBy(own => own.Key, StringComparer.Ordinal)
            .Select(own => (Label: own.Key, First: own.SelectMany(all => all[..(all.Length / 2)]).ToArray(), Second: own.SelectMany(all => all[(all.Length / 2)..]).ToArray()))
            .Where(own => own.First.Length >= perClass && own.Second.Length >= TestRows / Authors)
            .Take(Authors).ToArray();
        return new HeldBackSet(
            "who wrote a paragraph",
            [.. halves.SelectMany(own => Draw(own.Label, own.First, perClass, random))],
            [.. halves.SelectMany(own => Draw(own.Label, own.Second, TestRows / Authors, random))]);
    }

    /// <summary>What subject a question is of: those subjects that have enough questions.</summary>
    /// <param name="questions">JSON lines with subject and question.</param>
    /// <param name="perClass">Training rows of each; the others are tested on.</param>
    public static HeldBackSet OfSubjects(FileInfo questions, int perClass)
    {
        var random = new Random(DrawSeed);
        var subjects = File.ReadLines(questions.FullName).Select(line => JsonSerializer.Deserialize<JsonElement>(line))
            .GroupBy(row => row.GetProperty("subject").GetString()!, row => row.GetProperty("question").GetString()!)
            .Where(own => own.Count() >= perClass * 5 / 4)
            .OrderBy(own => own.Key, StringComparer.Ordinal)
            .Select(own => Draw(own.Key, [.. own], own.Count(), random)).ToArray();
        return new HeldBackSet("what subject a question is of", [.. subjects.SelectMany(own => own.Take(perClass))], [.. subjects.SelectMany(own => own.Skip(perClass))]);
    }

    private static IEnumerable<string> Paragraphs(string text) => text.ReplaceLineEndings("\n").Split("\n\n")
        .Select(paragraph => string.Join(' ', paragraph.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)))
        .Where(paragraph => paragraph.Length is >= ShortestParagraph and <= LongestParagraph);

    private static LabelledText[] Draw(string label, string[] texts, int count, Random random)
    {
        random.Shuffle(texts);
        return [.. texts.Take(count).Select(text => new LabelledText { Label = label, Text = text })];
    }
}
