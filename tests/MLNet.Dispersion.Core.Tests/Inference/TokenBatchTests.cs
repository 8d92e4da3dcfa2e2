namespace MLNet.Dispersion.Tests.Inference;

public class TokenBatchTests
{
    [Fact]
    public void Pad_RaggedRows_FillsTheRightWithPads()
    {
        TokenBatch batch = TokenBatch.Pad([[1, 2, 3], [4], [5, 6]], padId: 7);

        Assert.Equal([1, 2, 3, 4, 7, 7, 5, 6, 7], batch.InputIds);
        Assert.Equal((3, 3, 6L, true), (batch.Rows, batch.Columns, batch.TokenCount, batch.HasPadding));
        Assert.Equal([3, 1, 2], batch.Lengths);
    }

    [Fact]
    public void Tensors_RaggedRows_HoldIdsAndMask()
    {
        TokenBatch batch = TokenBatch.Pad([[1, 2], [4]], padId: 0);
        using var ids = batch.InputIdsTensor(TorchSharp.torch.CPU);
        using var mask = batch.AttentionMaskTensor(TorchSharp.torch.CPU)!;

        Assert.Equal([2L, 2L], ids.shape);
        Assert.Equal([1L, 2L, 4L, 0L], ids.data<long>().ToArray());
        Assert.Equal([true, true, true, false], mask.data<bool>().ToArray());
    }

    [Fact]
    public void AttentionMaskTensor_EqualRows_IsNull() =>
        Assert.Null(TokenBatch.Pad([[1, 2], [3, 4]], padId: 0).AttentionMaskTensor(TorchSharp.torch.CPU));

    [Fact]
    public void Pad_NoRowsOrEmptyRow_Throws()
    {
        Assert.Throws<ArgumentException>(() => TokenBatch.Pad([], 0));
        Assert.Throws<ArgumentException>(() => TokenBatch.Pad([[1], []], 0));
    }
}
