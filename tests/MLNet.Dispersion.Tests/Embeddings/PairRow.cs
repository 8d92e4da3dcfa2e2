using Microsoft.ML.Data;

namespace MLNet.Dispersion.Tests.Embeddings;

/// <summary>Two texts of one class of words, with a negative of another, two of them, and a score.</summary>
public sealed class PairRow
{
    public string? Text { get; set; } = "";

    public string? SecondText { get; set; } = "";

    public string? Negative { get; set; } = "";

    [VectorType(2)]
    public string[] Negatives { get; set; } = ["", ""];

    public float Label { get; set; }

    public float Weight { get; set; } = 1;

    /// <summary>Pairs; with scores every other one is of two classes.</summary>
    internal static List<PairRow> Rows(int count, int seed, bool scored = false)
    {
        var (first, _) = TinyBackbone.LabelledTexts(count + 2, seed: seed);
        var (second, _) = TinyBackbone.LabelledTexts(count + 2, seed: seed + 1000);
        return [.. Enumerable.Range(0, count).Select(row =>
        {
            bool alike = !scored || row % 2 == 0;
            return new PairRow
            {
                Text = first[row],
                SecondText = second[alike ? row : row + 1],
                Negative = second[row + 1],
                Negatives = [second[row + 1], second[row + 2]],
                Label = alike ? 1 : 0,
            };
        })];
    }
}

/// <summary>What an embedding model adds.</summary>
public sealed class PairAnswer
{
    public float[] Embedding { get; set; } = [];

    public float[] SecondEmbedding { get; set; } = [];

    public float Score { get; set; }
}

/// <summary>A text with a label, and nothing else.</summary>
public sealed class LabelledRow
{
    public string Text { get; set; } = "";

    public string Label { get; set; } = "";

    internal static List<LabelledRow> Rows(int count, int seed)
    {
        var (texts, labels) = TinyBackbone.LabelledTexts(count, seed: seed);
        return [.. texts.Zip(labels, (text, label) => new LabelledRow { Text = text, Label = $"class {label}" })];
    }
}

/// <summary>What an embedding model adds to single texts.</summary>
public sealed class TextAnswer
{
    public float[] Embedding { get; set; } = [];
}
