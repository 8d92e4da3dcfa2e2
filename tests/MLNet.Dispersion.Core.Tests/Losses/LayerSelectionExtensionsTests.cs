namespace MLNet.Dispersion.Tests.Losses;

public class LayerSelectionExtensionsTests
{
    [Theory]
    [InlineData(LayerSelection.All, 4, new[] { 1, 2, 3, 4 })]
    [InlineData(LayerSelection.Last, 4, new[] { 4 })]
    [InlineData(LayerSelection.EarlyHalf, 4, new[] { 1, 2 })]
    [InlineData(LayerSelection.LateHalf, 4, new[] { 3, 4 })]
    [InlineData(LayerSelection.EarlyHalf, 5, new[] { 1, 2 })]
    [InlineData(LayerSelection.LateHalf, 5, new[] { 3, 4, 5 })]
    [InlineData(LayerSelection.All, 1, new[] { 1 })]
    [InlineData(LayerSelection.Last, 1, new[] { 1 })]
    [InlineData(LayerSelection.EarlyHalf, 1, new[] { 1 })]
    [InlineData(LayerSelection.LateHalf, 1, new[] { 1 })]
    public void HiddenStateIndices_NamedSelection_GivesBlockOutputs(LayerSelection selection, int layers, int[] expected) =>
        Assert.Equal(expected, selection.HiddenStateIndices(layers));

    [Fact]
    public void HiddenStateIndices_NoBlockOrUnknownSelection_Throws()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => LayerSelection.All.HiddenStateIndices(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => ((LayerSelection)9).HiddenStateIndices(2));
    }
}
