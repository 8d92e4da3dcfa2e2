namespace MLNet.Dispersion;

/// <summary>What a <see cref="BenchmarkTemplate"/> must say.</summary>
internal static class TemplateRules
{
    /// <summary>Checks all that can be checked without data.</summary>
    /// <param name="t">The template.</param>
    /// <param name="owner">What messages call it.</param>
    /// <returns>The template.</returns>
    /// <exception cref="FormatException">A field is wrong.</exception>
    public static BenchmarkTemplate Check(BenchmarkTemplate t, string owner)
    {
        Require(!string.IsNullOrWhiteSpace(t.Name), "name", "must not be empty");
        Require(!string.IsNullOrWhiteSpace(t.Data), "data", "must name a JSONL file");
        Require(t.Continuation.Length > 0, "continuation", "must not be empty: it is what is scored");
        Require((t.Choices is null) != (t.ChoicesField is null), "choices", "or 'choicesField' must be given, and not both");
        Require(t.Choices is null or { Count: > 0 }, "choices", "must hold at least one choice");
        Require(t.Metrics.Count > 0, "metrics", "must name at least one metric");
        Require(t.Metrics.Distinct().Count() == t.Metrics.Count, "metrics", "must name each metric once");
        Require(!t.Metrics.Any(metric => metric.IsOfText()), "metrics", "must be about items: word_perplexity, token_perplexity and bits_per_byte come from WordPerplexity");
        Require(t.GoldField is null || t.LabelsField is null, "goldField", "and 'labelsField' exclude each other");
        Require(t.GoldField is not null || t.LabelsField is not null || t.Choices?.Count == 1, "goldField", "must name the field of the right choice, unless there is one choice only");
        Require(t.FewShot >= 0, "fewShot", "must be at least 0");
        Require(t.FewShot == 0 || t.FewShotData is not null, "fewShotData", "must name a JSONL file, since fewShot is above 0");
        return t;

        void Require(bool good, string field, string rule)
        {
            if (!good)
            {
                throw new FormatException($"{owner}: the field '{field}' {rule}.");
            }
        }
    }
}
