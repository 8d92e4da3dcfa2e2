namespace MLNet.Dispersion.Text;

/// <summary>Cuts the rows of a text or a pair to a length.</summary>
internal static class RowCutter
{
    /// <summary>Cuts.</summary>
    /// <param name="rows">One row, or two of a pair.</param>
    /// <param name="limit">How.</param>
    /// <param name="added">How many tokens come around the texts.</param>
    /// <param name="keepsOverflowing">Whether what is cut off is kept.</param>
    /// <exception cref="TokenizationException">It cannot be cut as asked.</exception>
    internal static List<TokenRow> Cut(List<TokenRow> rows, TextTruncation limit, int added, bool keepsOverflowing)
    {
        if (limit.MaxLength < 0 || limit.Stride < 0)
        {
            throw new TokenizationException($"A row cannot be cut to {limit.MaxLength} tokens with a stride of {limit.Stride}. Choose numbers of 0 or more.");
        }

        if (limit.MaxLength < added)
        {
            throw new TokenizationException($"A row may hold {limit.MaxLength} tokens, and {added} special ones come around each text. Choose a larger max_length.");
        }

        int room = limit.MaxLength - added;
        bool fromLeft = limit.Side == TextSide.Left;
        if (room == 0)
        {
            return [.. rows.Select(row => row.Truncate(0, limit.Stride, fromLeft, keepsOverflowing))];
        }

        int total = rows.Sum(row => row.Count);
        if (total <= room)
        {
            return rows;
        }

        if (limit.Strategy == TruncationStrategy.LongestFirst)
        {
            if (rows.Count == 1)
            {
                return [rows[0].Truncate(room, limit.Stride, fromLeft, keepsOverflowing)];
            }

            (int first, int second) = LongestFirst(rows[0].Count, rows[1].Count, room);
            return [rows[0].Truncate(first, limit.Stride, fromLeft, keepsOverflowing), rows[1].Truncate(second, limit.Stride, fromLeft, keepsOverflowing)];
        }

        int target = limit.Strategy == TruncationStrategy.OnlyFirst ? 0 : 1;
        if (target >= rows.Count)
        {
            throw new TokenizationException("Only the second text may be cut, and there is none. Choose another strategy of truncation.");
        }

        int kept = rows[target].Count - (total - room);
        if (kept <= 0)
        {
            throw new TokenizationException($"The text that may be cut has {rows[target].Count} tokens, and {total - room} would have to go. Choose a larger max_length or another strategy of truncation.");
        }

        var result = new List<TokenRow>(rows);
        result[target] = rows[target].Truncate(kept, limit.Stride, fromLeft, keepsOverflowing);
        return result;
    }

    /// <summary>How much of each text stays when the longer one is cut first, then both to halves, of which the longer text gets the larger.</summary>
    internal static (int First, int Second) LongestFirst(int first, int second, int room)
    {
        int shorter = Math.Min(first, second);
        int longer = shorter > room ? shorter : Math.Max(shorter, room - shorter);
        if (shorter + longer > room)
        {
            shorter = room / 2;
            longer = room - shorter;
        }

        return first > second ? (longer, shorter) : (shorter, longer);
    }
}
