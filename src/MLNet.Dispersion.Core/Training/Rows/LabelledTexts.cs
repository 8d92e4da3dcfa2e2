namespace MLNet.Dispersion;

/// <summary>Checks the rows of a classification task.</summary>
internal static class LabelledTexts
{
    internal static void Check(IReadOnlyList<string?> texts, IReadOnlyList<string?>? secondTexts, IReadOnlyList<int> labels, int classCount)
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

        if (classCount < 2)
        {
            throw new ArgumentOutOfRangeException(nameof(classCount), classCount, $"A classifier needs at least 2 classes; the label column has {classCount}.");
        }

        CheckLabels(labels, classCount);
    }

    private static void CheckLabels(IReadOnlyList<int> labels, int classCount)
    {
        for (int i = 0; i < labels.Count; i++)
        {
            if (labels[i] < 0 || labels[i] >= classCount)
            {
                throw new ArgumentOutOfRangeException(nameof(labels), labels[i], $"Row {i} has class index {labels[i]}; it must be from 0 to {classCount - 1}.");
            }
        }

        if (labels.Distinct().Count() < 2)
        {
            throw new ArgumentException($"All {labels.Count} training rows have the same label; there is nothing to tell apart. Give rows of at least two classes.", nameof(labels));
        }
    }
}
