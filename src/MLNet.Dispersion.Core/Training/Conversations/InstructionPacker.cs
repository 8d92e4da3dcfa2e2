namespace MLNet.Dispersion;

/// <summary>Puts texts into rows of bounded length: best fit decreasing.</summary>
internal static class InstructionPacker
{
    /// <summary>Which texts share a row: the longest first (equal ones in their order), each into the row with the least room that still suffices, among equals the one that has had that room longest, else into a new one.</summary>
    /// <param name="lengths">Of the texts, each from 1 to <paramref name="rowLength"/>.</param>
    /// <param name="rowLength">The most tokens of a row.</param>
    /// <returns>Rows in the order in which they were opened, each with its texts in the order in which they were put in.</returns>
    internal static IReadOnlyList<IReadOnlyList<int>> BestFit(IReadOnlyList<int> lengths, int rowLength)
    {
        var rows = new List<List<int>>();
        var byRoom = new Queue<int>?[rowLength + 1];
        foreach (int text in Enumerable.Range(0, lengths.Count).OrderByDescending(text => lengths[text]))
        {
            int room = lengths[text];
            while (room <= rowLength && byRoom[room] is null or { Count: 0 })
            {
                room++;
            }

            int row = rows.Count;
            if (room <= rowLength)
            {
                row = byRoom[room]!.Dequeue();
            }
            else
            {
                rows.Add([]);
                room = rowLength;
            }

            rows[row].Add(text);
            (byRoom[room - lengths[text]] ??= []).Enqueue(row);
        }

        return rows;
    }
}
