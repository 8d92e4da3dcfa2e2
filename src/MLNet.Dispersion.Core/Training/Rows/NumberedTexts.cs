using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>Checks the rows of a regression task.</summary>
internal static class NumberedTexts
{
    internal static void Check(IReadOnlyList<string?> texts, IReadOnlyList<string?>? secondTexts, IReadOnlyList<float> labels, IReadOnlyList<float>? weights)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentNullException.ThrowIfNull(labels);
        TextPairs.Check(texts, secondTexts);
        if (texts.Count == 0)
        {
            throw new ArgumentException("There are no training rows: the data is empty, or every row lacks a label.", nameof(texts));
        }

        if (texts.Count != labels.Count)
        {
            throw new ArgumentException($"There are {texts.Count} texts but {labels.Count} labels; each text needs one.", nameof(labels));
        }

        for (int i = 0; i < labels.Count; i++)
        {
            if (!float.IsFinite(labels[i]))
            {
                throw new ArgumentOutOfRangeException(nameof(labels), labels[i], $"Row {i} has label {labels[i].ToString(CultureInfo.InvariantCulture)}; labels must be finite numbers. Leave such rows out, or correct them.");
            }
        }

        ExampleWeights.Check(texts.Count, weights);
        float[] counting = [.. labels.Where((_, i) => weights is null || weights[i] > 0)];
        if (counting.All(label => label.Equals(counting[0])))
        {
            throw new ArgumentException($"All {counting.Length} training rows{(weights is null ? "" : " of a weight above 0")} have the same label, {counting[0].ToString(CultureInfo.InvariantCulture)}; there is nothing to learn. Give rows of different labels.", nameof(labels));
        }
    }
}
