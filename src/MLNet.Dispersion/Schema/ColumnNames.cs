namespace MLNet.Dispersion.Schema;

/// <summary>The columns that a fine-tuned classifier reads and adds.</summary>
/// <param name="Label">The label column, of key type; read by training alone.</param>
/// <param name="Text">The text column.</param>
/// <param name="Score">The added column of class probabilities.</param>
/// <param name="PredictedLabel">The added column of the most probable class.</param>
internal sealed record ColumnNames(string Label, string Text, string Score, string PredictedLabel)
{
    /// <summary>Checks that each column has a name and no two the same.</summary>
    /// <exception cref="ArgumentException">A name is empty or used twice.</exception>
    internal void Validate()
    {
        (string Role, string Name)[] all = [("label", Label), ("text", Text), ("score", Score), ("predicted label", PredictedLabel)];
        foreach ((string role, string name) in all)
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
