namespace MLNet.Dispersion.Tests.Training;

public sealed class ValidationSplitTests
{
    [Fact]
    public void Split_LabelledRows_HoldsTheSameShareOfEachClassOut()
    {
        int[] labels = [.. Enumerable.Range(0, 100).Select(i => i < 60 ? 0 : i < 90 ? 1 : 2)];

        var (train, validation) = Split(labels, 0.1, seed: 5);

        Assert.Equal(Enumerable.Range(0, 100), train.Concat(validation).Order());
        Assert.Equal([6, 3, 1], Enumerable.Range(0, 3).Select(k => validation.Count(row => labels[row] == k)));
    }

    [Fact]
    public void Split_ClassOfOneRow_StaysInTraining()
    {
        var (train, validation) = Split([0, 0, 0, 0, 1], 0.5, seed: 1);

        Assert.Contains(4, train);
        Assert.Equal(2, validation.Length);
    }

    [Fact]
    public void Split_FractionZero_HoldsNothingOut() =>
        Assert.Empty(Split([0, 1, 0, 1], 0, seed: 1).Validation);

    [Fact]
    public void Split_OtherSeed_HoldsOtherRowsOut()
    {
        int[] rows = new int[200];

        Assert.Equal(Split(rows, 0.2, 1).Validation, Split(rows, 0.2, 1).Validation);
        Assert.NotEqual(Split(rows, 0.2, 1).Validation, Split(rows, 0.2, 2).Validation);
    }

    private static (int[] Train, int[] Validation) Split(int[] labels, double fraction, int seed) => ValidationSplit.Split(labels.Length, row => labels[row], fraction, seed);
}
