namespace MLNet.Dispersion;

/// <summary>The values of the added columns for the rows that one cursor or row looks at: computed for all of them at once, read one by one.</summary>
internal abstract class AddedValues
{
    /// <summary>Computes the values of texts and forgets former ones.</summary>
    /// <param name="texts">The texts, or pairs of them.</param>
    /// <param name="firstRow">The row that the first of them belongs to, for errors.</param>
    /// <returns>How many of them were cut off.</returns>
    internal abstract int Fill(RowTexts texts, long firstRow);

    /// <summary>
    /// A getter of one column, for the text that <paramref name="current"/> names whenever it is called; of type
    /// <see cref="Microsoft.ML.ValueGetter{TValue}"/>. What it gives is a copy, which its reader may keep and edit.
    /// </summary>
    /// <param name="offset">The column's place behind those of the input.</param>
    /// <param name="current">The place of the current text among those of <see cref="Fill"/>, which it calls first where that is due.</param>
    internal abstract Delegate Getter(int offset, Func<int> current);
}
