using Microsoft.ML.Data;

namespace MLNet.Dispersion.Tests.NamedEntities;

/// <summary>A sentence as words with tags, and as a text with spans.</summary>
public sealed class TagRow
{
    public string[] Text { get; set; } = [];

    public string[] Label { get; set; } = [];

    public string? Sentence { get; set; } = "";

    public string[] Kinds { get; set; } = [];

    public int[] Starts { get; set; } = [];

    public int[] Ends { get; set; } = [];

    public float Weight { get; set; } = 1;

    internal static List<TagRow> Rows(int count, int seed = 1) =>
    [
        .. TaggedSentences.Make(count, seed).Select(sentence =>
        {
            EntitySpan[] spans = TaggedSentences.Spans(sentence.Words, sentence.Tags);
            return new TagRow
            {
                Text = sentence.Words,
                Label = sentence.Tags,
                Sentence = string.Join(' ', sentence.Words),
                Kinds = [.. spans.Select(span => span.Label)],
                Starts = [.. spans.Select(span => span.Start)],
                Ends = [.. spans.Select(span => span.End)],
            };
        }),
    ];
}

/// <summary>What a token classifier adds.</summary>
public sealed class TagAnswer
{
    public string[] PredictedLabel { get; set; } = [];

    public float[] Score { get; set; } = [];

    [ColumnName("Entity.Label")]
    public string[] Label { get; set; } = [];

    [ColumnName("Entity.Text")]
    public string[] Text { get; set; } = [];

    [ColumnName("Entity.Start")]
    public int[] Start { get; set; } = [];

    [ColumnName("Entity.End")]
    public int[] End { get; set; } = [];

    [ColumnName("Entity.Score")]
    public float[] EntityScore { get; set; } = [];

    /// <summary>All of it as one text.</summary>
    internal string Said => string.Join(' ', [.. PredictedLabel, .. Score.Select(score => score.ToString("0.0000", System.Globalization.CultureInfo.InvariantCulture)), .. Label, .. Text, .. Start.Select(start => $"{start}"), .. End.Select(end => $"{end}")]);
}
