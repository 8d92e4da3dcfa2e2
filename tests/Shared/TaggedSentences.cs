namespace MLNet.Dispersion.Tests;

/// <summary>Sentences whose words have tags that the words themselves tell: things of payment (PAY), faults (BUG) and parcels (POST), one or two words long, among others. First and second words differ, so that each word tells its tag.</summary>
internal static class TaggedSentences
{
    private static readonly (string Label, string[] Words)[] Kinds =
    [
        ("PAY", ["invoice", "refund", "payment", "money"]),
        ("BUG", ["crash", "error", "broken", "bug"]),
        ("POST", ["parcel", "delivery", "courier", "address"]),
    ];

    private static readonly string[] Others = ["please", "the", "my", "is", "again", "today", "it", "was"];

    /// <summary>The words of each sentence, and their tags by BIO.</summary>
    public static List<(string[] Words, string[] Tags)> Make(int count, int seed = 1)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(row => Sentence(random, Kinds[row % Kinds.Length]))];
    }

    /// <summary>The same as spans of the text that the words make.</summary>
    public static EntitySpan[] Spans(string[] words, string[] tags)
    {
        WordText text = WordText.OfWords(words);
        return [.. Statistics.EntityTags.Read(tags).Select(entity => new EntitySpan(entity.Type, text.Words[entity.First].Start, text.Words[entity.Last].End))];
    }

    private static (string[] Words, string[] Tags) Sentence(Random random, (string Label, string[] Words) kind)
    {
        List<string> words = [], tags = [];
        for (int part = random.Next(2, 5); part > 0; part--)
        {
            for (int others = random.Next(1, 3); others > 0; others--)
            {
                words.Add(Others[random.Next(Others.Length)]);
                tags.Add("O");
            }

            int length = random.Next(1, 3);
            for (int word = 0; word < length; word++)
            {
                words.Add(kind.Words[random.Next(2) + (2 * word)]);
                tags.Add((word == 0 ? "B-" : "I-") + kind.Label);
            }
        }

        return ([.. words], [.. tags]);
    }
}
