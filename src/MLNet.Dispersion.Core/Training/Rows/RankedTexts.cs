using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>Queries with their documents, checked and put side by side.</summary>
/// <param name="Order">The places of the rows that were given, those of a query side by side.</param>
/// <param name="Counts">How many documents each query has.</param>
internal sealed record RankedTexts(IReadOnlyList<int> Order, IReadOnlyList<int> Counts)
{
    /// <summary>Finds the queries' documents.</summary>
    /// <param name="queries">The query of each row.</param>
    /// <param name="documents">The document of each row.</param>
    /// <param name="relevance">How relevant it is.</param>
    /// <param name="groups">Which rows belong to one query.</param>
    /// <exception cref="ArgumentException">There are no rows, lists of different length, a relevance that cannot be, a query of one document, or nothing to order in any.</exception>
    internal static RankedTexts Of(IReadOnlyList<string?> queries, IReadOnlyList<string?> documents, IReadOnlyList<float> relevance, IReadOnlyList<string> groups)
    {
        TextPairs.Check(queries, documents);
        if (queries.Count == 0)
        {
            throw new ArgumentException("There are no training rows: the data is empty, or every row lacks a label.", nameof(queries));
        }

        if (relevance.Count != queries.Count || groups.Count != queries.Count)
        {
            throw new ArgumentException($"There are {queries.Count} pairs, {relevance.Count} relevances and {groups.Count} group keys; each pair needs one of both.", nameof(relevance));
        }

        for (int row = 0; row < relevance.Count; row++)
        {
            if (!float.IsFinite(relevance[row]) || relevance[row] < 0)
            {
                throw new ArgumentOutOfRangeException(nameof(relevance), relevance[row], string.Create(CultureInfo.InvariantCulture, $"Row {row} has relevance {relevance[row]}; relevances must be finite numbers, at least 0."));
            }
        }

        IGrouping<string, int>[] found = [.. Enumerable.Range(0, groups.Count).GroupBy(row => groups[row], StringComparer.Ordinal)];
        if (found.FirstOrDefault(group => group.Count() == 1) is { } single)
        {
            throw new ArgumentException($"Row {single.First()} is the only one of group '{Printable.Name(single.Key)}': with one document there is no order to learn. Give each query at least two documents, or leave such rows out.", nameof(groups));
        }

        if (found.All(group => group.All(row => relevance[row].Equals(relevance[group.First()]))))
        {
            throw new ArgumentException($"In each of the {found.Length} groups all documents have the same relevance; there is no order to learn. Give documents of different relevance.", nameof(relevance));
        }

        return new RankedTexts([.. found.SelectMany(group => group)], [.. found.Select(group => group.Count())]);
    }

    /// <summary>Values of the rows, query by query.</summary>
    internal IReadOnlyList<IReadOnlyList<T>> ByQuery<T>(IReadOnlyList<T> values)
    {
        var queries = new List<IReadOnlyList<T>>();
        int start = 0;
        foreach (int count in Counts)
        {
            queries.Add([.. Order.Skip(start).Take(count).Select(row => values[row])]);
            start += count;
        }

        return queries;
    }
}
