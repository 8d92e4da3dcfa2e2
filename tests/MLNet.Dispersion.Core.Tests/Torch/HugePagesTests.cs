using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Torch;

public class HugePagesTests
{
    private const long Page = HugePages.Size;

    [Fact]
    public void Ranges_PiecesNearEachOther_ShareTheirPages() =>
        Assert.Equal([((nint)Page, 3 * Page)], HugePages.Ranges([((nint)((2 * Page) + 5), (2 * Page) - 6), ((nint)(Page + 1), Page / 2)]));

    [Fact]
    public void Ranges_PiecesFarFromEachOther_AreApart() =>
        Assert.Equal([((nint)0, 2 * Page), ((nint)(8 * Page), Page)], HugePages.Ranges([((nint)(8 * Page), Page), ((nint)10, Page)]));

    [Fact]
    public void Ranges_SmallPieceAlone_HasNone() => Assert.Empty(HugePages.Ranges([((nint)10, Page - 1)]));

    [Fact]
    public void Ask_Tensors_KeepTheirNumbersAndAreAskedForOnce()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1, CPU);
        Tensor[] tensors = [.. Enumerable.Range(0, 4).Select(_ => randn([1024, 1024], generator: generator))];
        float[][] before = [.. tensors.Select(one => one.data<float>().ToArray())];

        int asked = HugePages.Ask(tensors);

        Assert.Contains(asked, new[] { 0, 4 });
        Assert.Equal(0, HugePages.Ask(tensors));
        Assert.Equal(before, tensors.Select(one => one.data<float>().ToArray()));
    }
}
