namespace MLNet.Dispersion.Tests.Training.Conversations;

public sealed class InstructionPackerTests
{
    [Fact]
    public void BestFit_RandomLengths_IsTheNaivePacking()
    {
        var random = new Random(5);
        for (int trial = 0; trial < 200; trial++)
        {
            int length = random.Next(1, 30);
            int[] lengths = [.. Enumerable.Range(0, random.Next(0, 40)).Select(_ => random.Next(1, length + 1))];

            IReadOnlyList<IReadOnlyList<int>> rows = InstructionPacker.BestFit(lengths, length);

            Assert.Equal(Naive(lengths, length), rows.Select(row => string.Join(' ', row)));
            Assert.Equal(Enumerable.Range(0, lengths.Length), rows.SelectMany(row => row).Order());
            Assert.All(rows, row => Assert.InRange(row.Sum(text => lengths[text]), 1, length));
        }
    }

    [Fact]
    public void BestFit_EqualRooms_TakesTheOneThatHasHadItLongest() =>
        Assert.Equal(["0 2", "1 3"], InstructionPacker.BestFit([6, 6, 3, 3], 9).Select(row => string.Join(' ', row)));

    private static List<string> Naive(int[] lengths, int length)
    {
        var rows = new List<(List<int> Texts, int Room, int Since)>();
        int time = 0;
        foreach (int text in Enumerable.Range(0, lengths.Length).OrderBy(text => -lengths[text]).ThenBy(text => text))
        {
            int best = -1;
            for (int row = 0; row < rows.Count; row++)
            {
                bool fits = rows[row].Room >= lengths[text];
                bool isBetter = fits && (best < 0 || rows[row].Room < rows[best].Room || (rows[row].Room == rows[best].Room && rows[row].Since < rows[best].Since));
                best = isBetter ? row : best;
            }

            if (best < 0)
            {
                best = rows.Count;
                rows.Add(([], length, 0));
            }

            rows[best].Texts.Add(text);
            rows[best] = (rows[best].Texts, rows[best].Room - lengths[text], ++time);
        }

        return [.. rows.Select(row => string.Join(' ', row.Texts))];
    }
}
