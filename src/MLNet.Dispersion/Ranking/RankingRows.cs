using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>The queries and documents of the training data with their relevances.</summary>
internal sealed class RankingRows(RankingColumns columns, RowStorage storage) : LabelledRows<float>(columns, storage)
{
    private readonly List<string> _groups = [];
    private readonly Dictionary<string, string> _known = new(StringComparer.Ordinal);
    private readonly List<int> _rows = [];
    private (int Row, string Problem)? _bad;

    /// <summary>The group of each row.</summary>
    internal IReadOnlyList<string> Groups => _groups;

    /// <summary>Queries with all their documents.</summary>
    internal override int Examples => _groups.Distinct(StringComparer.Ordinal).Count();

    /// <exception cref="ArgumentException">A relevance cannot be, a row says no group, no row has a relevance, a group has one row, or there is no order to learn.</exception>
    internal override void CheckTrainable(IExceptionContext context)
    {
        string? problem = _bad is var (row, what) ? string.Create(CultureInfo.InvariantCulture, $"Row {row} (from 0): {what}")
            : Labels.Count == 0 ? NoRows() + " Fit needs documents of different relevance."
            : SingleRow() is { } single ? string.Create(CultureInfo.InvariantCulture, $"Row {_rows[single]} (from 0) is the only one of group '{_groups[single]}' in column '{columns.Group}': with one document there is no order to learn. Give each query at least two documents, or filter such rows out.")
            : null;
        if (problem is not null)
        {
            throw context.Process(new ArgumentException(problem));
        }
    }

    /// <exception cref="ArgumentException">A query has documents in both.</exception>
    internal override void CheckApart(IExceptionContext context, int first)
    {
        var learnt = _groups.Take(first).ToHashSet(StringComparer.Ordinal);
        if (_groups.Skip(first).FirstOrDefault(learnt.Contains) is { } both)
        {
            throw context.Process(new ArgumentException($"Group '{both}' in column '{columns.Group}' is in the training data and in the validation set: a query is learnt from or held out as a whole. Put all its documents into one of them, or name the groups of the two apart."));
        }
    }

    private protected override Func<bool> LabelReader(DataViewRowCursor cursor, DataViewSchema.Column label)
    {
        Func<bool> takeLabel = Reader<float>(cursor, label, value => float.IsNaN(value) ? null : value);
        Func<string?> readGroup = GroupKeys.Reader(cursor, cursor.Schema[columns.Group]);
        return () =>
        {
            if (!takeLabel())
            {
                return false;
            }

            float relevance = Labels[^1];
            string? group = readGroup();
            if (!float.IsFinite(relevance) || relevance < 0)
            {
                _bad ??= (RowsRead - 1, string.Create(CultureInfo.InvariantCulture, $"the relevance in column '{Columns.Label}' is {relevance}; relevances must be finite numbers, at least 0."));
            }

            if (group is null)
            {
                _bad ??= (RowsRead - 1, $"column '{columns.Group}' says no group. Fill it, or filter such rows out.");
            }

            _groups.Add(Shared(group ?? ""));
            _rows.Add(RowsRead - 1);
            return true;
        };
    }

    /// <summary>The same key of all rows of a group.</summary>
    private string Shared(string group)
    {
        _known.TryAdd(group, group);
        return _known[group];
    }

    /// <summary>The first row that is alone in its group; null where there is none.</summary>
    private int? SingleRow() => Enumerable.Range(0, _groups.Count).GroupBy(row => _groups[row], StringComparer.Ordinal).Where(group => group.Count() == 1).Select(group => (int?)group.First()).FirstOrDefault();
}
