using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>Checks the rows of an embedding task.</summary>
internal static class EmbeddingTexts
{
    /// <summary>Whether a loss asks for scores.</summary>
    internal static bool WantsScores(EmbeddingLoss loss) => loss is not (EmbeddingLoss.MultipleNegatives or EmbeddingLoss.Triplet);

    /// <summary>Checks that a loss and the rows go together.</summary>
    /// <exception cref="ArgumentException">They do not, or a score cannot be; the message says what to do.</exception>
    internal static void CheckLoss(EmbeddingLoss loss, int textsPerRow, IReadOnlyList<float>? scores)
    {
        string? problem =
            textsPerRow < 2 ? "there is one text a row, and it takes two"
            : WantsScores(loss) && scores is null ? "the rows have no scores. Give a score a pair, or use MultipleNegatives"
            : !WantsScores(loss) && scores is not null ? "it knows no scores. Leave them out, or use CoSent"
            : WantsScores(loss) && textsPerRow != 2 ? "it compares two texts, and the rows have negatives. Leave them out, or use MultipleNegatives"
            : loss == EmbeddingLoss.Triplet && textsPerRow != 3 ? $"a triplet has one negative, and the rows have {textsPerRow - 2}. Give one, or use MultipleNegatives"
            : null;
        if (problem is not null)
        {
            throw new ArgumentException($"EmbeddingOptions.Loss is {loss}, but {problem}.", nameof(loss));
        }

        for (int row = 0; row < (scores?.Count ?? 0); row++)
        {
            float score = scores![row];
            string? rule = loss switch
            {
                _ when !float.IsFinite(score) => "scores must be finite",
                EmbeddingLoss.Contrastive or EmbeddingLoss.OnlineContrastive when score is not (0 or 1) => $"scores of {loss} must be 1 (like) or 0 (unlike)",
                EmbeddingLoss.CosineSimilarity when score is < -1 or > 1 => "scores that cosines are compared with must lie in -1..1: divide them by the largest, or use CoSent",
                _ => null,
            };
            if (rule is not null)
            {
                throw new ArgumentOutOfRangeException(nameof(scores), score, string.Create(CultureInfo.InvariantCulture, $"Row {row} has score {score}; {rule}."));
            }
        }

        if (scores is { Count: > 0 } && scores.All(score => score.Equals(scores[0])))
        {
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"All {scores.Count} training rows have the same score, {scores[0]}; there is nothing to learn. Give rows of different scores, or none."), nameof(scores));
        }
    }

    /// <summary>Checks columns of texts.</summary>
    /// <exception cref="ArgumentException">There are no rows, too few for the loss, or columns of different length.</exception>
    internal static void CheckColumns(IReadOnlyList<IReadOnlyList<string?>> columns, EmbeddingLoss loss, IReadOnlyList<float>? scores)
    {
        int rows = columns.Count == 0 ? 0 : columns[0].Count;
        if (rows == 0)
        {
            throw new ArgumentException("There are no training rows: the data is empty.", nameof(columns));
        }

        int other = columns.Select(column => column.Count).ToList().FindIndex(count => count != rows);
        if (other >= 0)
        {
            throw new ArgumentException($"There are {rows} first texts, but column {other} has {columns[other].Count}; each row needs all its texts.", nameof(columns));
        }

        if (scores is not null && scores.Count != rows)
        {
            throw new ArgumentException($"There are {rows} pairs but {scores.Count} scores; each pair needs one.", nameof(scores));
        }

        if (loss == EmbeddingLoss.MultipleNegatives && rows == 1 && columns.Count == 2)
        {
            throw new ArgumentException("There is one pair, and no other text to tell its second text from. Give more pairs, or negatives.", nameof(columns));
        }
    }
}
