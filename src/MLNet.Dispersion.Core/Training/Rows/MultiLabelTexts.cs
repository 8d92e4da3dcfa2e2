namespace MLNet.Dispersion;

/// <summary>Checks the rows of a task of several labels.</summary>
internal static class MultiLabelTexts
{
    internal static void Check(IReadOnlyList<string?> texts, IReadOnlyList<string?>? secondTexts, IReadOnlyList<IReadOnlyList<bool>> labels, int labelCount)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentNullException.ThrowIfNull(labels);
        TextPairs.Check(texts, secondTexts);
        if (texts.Count == 0)
        {
            throw new ArgumentException("There are no training rows: the data is empty, or every row lacks labels.", nameof(texts));
        }

        if (texts.Count != labels.Count)
        {
            throw new ArgumentException($"There are {texts.Count} texts but the labels of {labels.Count}; each text needs its own.", nameof(labels));
        }

        if (labelCount < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(labelCount), labelCount, "There must be at least one label.");
        }

        for (int row = 0; row < labels.Count; row++)
        {
            if (labels[row].Count != labelCount)
            {
                throw new ArgumentException($"Row {row} says of {labels[row].Count} labels whether it has them; there are {labelCount}.", nameof(labels));
            }
        }

        if (Enumerable.Range(0, labelCount).All(label => labels.All(row => row[label] == labels[0][label])))
        {
            throw new ArgumentException($"All {labels.Count} training rows have the same labels; there is nothing to tell apart. Give rows of different labels.", nameof(labels));
        }
    }
}
