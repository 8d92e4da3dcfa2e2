using System.Globalization;

namespace MLNet.Dispersion.Tests.Tokenization;

public sealed class PieceMemoryTests
{
    [Fact]
    public void Find_WhileOthersAdd_GivesThePiecesOwnTokens()
    {
        const int Pieces = 60_000;
        var memory = new PieceMemory();
        Parallel.For(0, 4, thread =>
        {
            for (int i = 0; i < Pieces; i++)
            {
                int piece = thread % 2 == 0 ? i : Pieces - 1 - i;
                if (memory.Find(Name(piece)) is { } known)
                {
                    Assert.Equal([piece], known.Ids);
                }
                else
                {
                    memory.Add(Name(piece), new PieceTokens([piece], null, null));
                }
            }
        });

        // 50,000 are kept, and no more.
        Assert.Equal(50_000, Enumerable.Range(0, Pieces).Count(i => memory.Find(Name(i)) is { } tokens && tokens.Ids[0] == i));
    }

    [Fact]
    public void Add_PieceThatIsThere_ChangesNothing()
    {
        var memory = new PieceMemory();
        memory.Add("a", new PieceTokens([1], null, null));
        memory.Add("a", new PieceTokens([2], null, null));
        Assert.Equal([1], memory.Find("a")!.Ids);
        Assert.Null(memory.Find(""));
        Assert.Null(memory.Find("ab"));
    }

    private static string Name(int number) => number.ToString("x", CultureInfo.InvariantCulture);
}
