namespace MLNet.Dispersion;

/// <summary>A table of a caller's own on an <see cref="HtmlReport"/>. Immutable and thread-safe; all texts are escaped.</summary>
public sealed class HtmlReportTable
{
    /// <summary>Makes a table; the first cell of each row is its name.</summary>
    /// <param name="title">The heading above it; not empty.</param>
    /// <param name="heads">The columns' heads, at least one.</param>
    /// <param name="rows">The rows, each with as many cells as there are heads.</param>
    /// <exception cref="ArgumentException">The title is empty, there is no head, or a row has another number of cells.</exception>
    public HtmlReportTable(string title, IReadOnlyList<string> heads, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(title);
        ArgumentNullException.ThrowIfNull(heads);
        ArgumentNullException.ThrowIfNull(rows);
        if (heads.Count == 0)
        {
            throw new ArgumentException("A table needs at least one head.", nameof(heads));
        }

        if (rows.FirstOrDefault(row => row.Count != heads.Count) is { } odd)
        {
            throw new ArgumentException($"Each row of '{title}' must have {heads.Count} cells, as there are heads; one has {odd.Count}.", nameof(rows));
        }

        Title = title;
        Heads = [.. heads];
        Rows = [.. rows.Select(row => (IReadOnlyList<string>)[.. row])];
    }

    /// <summary>Gets the heading above it.</summary>
    public string Title { get; }

    /// <summary>Gets what it says, in a sentence or two below the heading. Default none.</summary>
    public string? Note { get; init; }

    /// <summary>Gets the columns' heads.</summary>
    public IReadOnlyList<string> Heads { get; }

    /// <summary>Gets the rows, the first cell of each being its name.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Rows { get; }
}
