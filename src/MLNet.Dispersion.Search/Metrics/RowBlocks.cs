using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>Test rows in blocks of neighbours, which stand in the rows' place: any metric has a value for a block, and neighbours that resemble each other are no evidence apart.</summary>
internal static class RowBlocks
{
    private const int MostBlocks = 25;

    /// <summary>The blocks, as equal in size as whole blocks of one size are: up to a block's rows at the end are left out.</summary>
    internal static IEnumerable<IDataView> Of(MLContext ml, IDataView data, int rows)
    {
        int size = SizeOf(rows);
        return Enumerable.Range(0, rows / size).Select(block => ml.Data.TakeRows(block == 0 ? data : ml.Data.SkipRows(data, (long)block * size), size));
    }

    /// <summary>How many rows a block has.</summary>
    internal static int SizeOf(int rows) => Math.Max(1, rows / Math.Clamp(rows / 2, 1, MostBlocks));

    internal static int CountRows(IDataView data)
    {
        if (data.GetRowCount() is { } known)
        {
            return checked((int)known);
        }

        using DataViewRowCursor cursor = data.GetRowCursor([]);
        int rows = 0;
        while (cursor.MoveNext())
        {
            rows++;
        }

        return rows;
    }
}
