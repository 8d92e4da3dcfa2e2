namespace MLNet.Dispersion.Benchmarks.NamedEntities;

/// <summary>The baseline: each word gets the tag that it had most often in training, O where it was never seen.</summary>
internal sealed class WordTags
{
    private readonly Dictionary<string, string> _tags;

    internal WordTags(IEnumerable<TaggedSentence> rows) => _tags = rows
        .SelectMany(row => row.Tokens.Zip(row.Tags))
        .GroupBy(word => word.First, StringComparer.Ordinal)
        .ToDictionary(word => word.Key, word => word.CountBy(tag => tag.Second).OrderByDescending(tag => tag.Value).ThenBy(tag => tag.Key, StringComparer.Ordinal).First().Key, StringComparer.Ordinal);

    internal string[] Tag(string[] words) => [.. words.Select(word => _tags.GetValueOrDefault(word, "O"))];
}
