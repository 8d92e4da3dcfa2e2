namespace MLNet.Dispersion.Tests;

/// <summary>Questions whose answer is the one word of a kind in their context, or that have none.</summary>
internal static class AskedSentences
{
    private static readonly (string Question, string[] Words)[] Kinds =
    [
        ("the money", ["invoice", "refund", "payment", "charged"]),
        ("the bug", ["crash", "error", "broken", "freeze"]),
    ];

    private static readonly string[] Others = ["please", "my", "is", "again", "today", "it", "was"];

    /// <summary>Rows.</summary>
    /// <param name="count">How many.</param>
    /// <param name="seed">Of the words.</param>
    /// <param name="withoutAnswer">Every so many rows one has no answer; 0 for none.</param>
    /// <param name="words">Words around the answer.</param>
    public static List<(string Question, string Context, AnswerSpan Answer)> Make(int count, int seed = 1, int withoutAnswer = 0, int words = 5)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(row =>
        {
            var (question, kind) = Kinds[row % Kinds.Length];
            string[] context = [.. Enumerable.Range(0, words).Select(_ => Others[random.Next(Others.Length)])];
            bool answered = withoutAnswer == 0 || row % withoutAnswer != 0;
            int place = random.Next(words);
            context[place] = (answered ? kind : Others)[random.Next(4)];
            return (question, string.Join(' ', context), answered ? new AnswerSpan(context[place], context[..place].Sum(word => word.Length + 1)) : default);
        })];
    }
}
