namespace MLNet.Dispersion.Examples.PaperInMiniature;

/// <summary>A benchmark made of held-out texts: which of four endings belongs to a beginning? The wrong ones are other texts' endings.</summary>
internal static class EndingsTask
{
    private const int Choices = 4;
    private const int EndingWords = 10;
    private const int BeginningWords = 45;
    private const int MostItems = 300;

    /// <summary>Makes it.</summary>
    public static BenchmarkTask Of(IReadOnlyList<string> texts)
    {
        (string Beginning, string Ending)[] parts = [.. texts
            .Select(text => text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words.Length >= BeginningWords + EndingWords)
            .Take(MostItems)
            .Select(words => words[..(BeginningWords + EndingWords)])
            .Select(words => (string.Join(' ', words[..BeginningWords]), string.Join(' ', words[BeginningWords..])))];
        if (parts.Length < Choices)
        {
            throw new UserException($"Only {parts.Length} held-out texts have {BeginningWords + EndingWords} words; bring more text.");
        }

        var random = new Random(3);
        BenchmarkItem[] items = [.. parts.Select((part, i) => new BenchmarkItem { Id = $"ending {i}", Choices = Shuffled(part, i, parts, random) })];
        var template = new BenchmarkTemplate { Name = "endings", Title = "Endings (held-out texts)", Data = "", Context = "", Metrics = [BenchmarkMetric.Accuracy] };
        return new BenchmarkTask(template, items);
    }

    private static BenchmarkChoice[] Shuffled((string Beginning, string Ending) part, int index, (string Beginning, string Ending)[] parts, Random random)
    {
        var wrong = new HashSet<int>();
        while (wrong.Count < Choices - 1)
        {
            int other = random.Next(parts.Length);
            if (other != index)
            {
                wrong.Add(other);
            }
        }

        BenchmarkChoice[] choices = [Choice(part.Ending, true), .. wrong.Select(other => Choice(parts[other].Ending, false))];
        random.Shuffle(choices);
        return choices;

        BenchmarkChoice Choice(string ending, bool isTrue) => new() { Context = part.Beginning, Continuation = " " + ending, Text = ending, IsTrue = isTrue };
    }
}
