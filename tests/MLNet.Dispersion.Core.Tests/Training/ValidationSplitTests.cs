namespace MLNet.Dispersion.Tests.Training;

public sealed class ValidationSplitTests
{
    [Fact]
    public void Split_LabelledRows_HoldsTheSameShareOfEachClassOut()
    {
        var rows = Rows([.. Enumerable.Range(0, 100).Select(i => i < 60 ? 0 : i < 90 ? 1 : 2)]);

        var (train, validation) = ValidationSplit.Split(rows, 0.1, seed: 5);

        Assert.Equal(Enumerable.Range(0, 100), train.Concat(validation).Order());
        Assert.Equal([6, 3, 1], Enumerable.Range(0, 3).Select(k => validation.Count(row => rows.Labels![row] == k)));
    }

    [Fact]
    public void Split_ClassOfOneRow_StaysInTraining()
    {
        var (train, validation) = ValidationSplit.Split(Rows([0, 0, 0, 0, 1]), 0.5, seed: 1);

        Assert.Contains(4, train);
        Assert.Equal(2, validation.Length);
    }

    [Fact]
    public void Split_FractionZero_HoldsNothingOut() =>
        Assert.Empty(ValidationSplit.Split(Rows([0, 1, 0, 1]), 0, seed: 1).Validation);

    [Fact]
    public void Split_OtherSeed_HoldsOtherRowsOut()
    {
        var rows = Rows(new int[200]);

        Assert.Equal(ValidationSplit.Split(rows, 0.2, 1).Validation, ValidationSplit.Split(rows, 0.2, 1).Validation);
        Assert.NotEqual(ValidationSplit.Split(rows, 0.2, 1).Validation, ValidationSplit.Split(rows, 0.2, 2).Validation);
    }

    private static TrainingRows Rows(int[] labels) => new([.. labels.Select(_ => new[] { 1, 2 })], labels);
}
