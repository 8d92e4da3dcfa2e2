namespace MLNet.Dispersion;

/// <summary>The columns that a fine-tuned classifier or regression reads and adds.</summary>
/// <param name="Label">The label column, of key type or a number; read by training alone.</param>
/// <param name="Text">The text column.</param>
/// <param name="Score">The added column of class probabilities, or of predictions.</param>
/// <param name="PredictedLabel">The added column of the most probable class; null for a regression, which adds none.</param>
/// <param name="SecondText">The column of the second texts of pairs; null for single texts.</param>
internal sealed record ColumnNames(string Label, string Text, string Score, string? PredictedLabel, string? SecondText = null)
{
    /// <summary>The text columns, for messages.</summary>
    internal string TextColumns => SecondText is null ? $"column '{Text}'" : $"columns '{Text}' and '{SecondText}'";

    /// <summary>Checks that each column has a name and no two the same.</summary>
    /// <exception cref="ArgumentException">A name is empty or used twice.</exception>
    internal void Validate()
    {
        (string Role, string? Name)[] all = [("label", Label), ("text", Text), ("second text", SecondText), ("score", Score), ("predicted label", PredictedLabel)];
        all = [.. all.Where(column => column.Name is not null || (column.Role != "second text" && column.Role != "predicted label"))];
        foreach ((string role, string? name) in all)
        {
            if (string.IsNullOrWhiteSpace(name))
            {
                throw new ArgumentException($"The {role} column has no name.");
            }
        }

        if (all.GroupBy(column => column.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new ArgumentException($"The {string.Join(" and the ", twice.Select(column => column.Role))} column are both called '{twice.Key}': give each a name of its own.");
        }
    }
}
