namespace MLNet.Dispersion.Tests.Tokenization;

public sealed class NoTorchTests
{
    [Fact]
    public void Output_OfATokenizerAlone_HoldsNoTorch() =>
        Assert.DoesNotContain(Directory.EnumerateFiles(AppContext.BaseDirectory, "*", SearchOption.AllDirectories), file => Path.GetFileName(file).Contains("torch", StringComparison.OrdinalIgnoreCase) && !file.Contains(nameof(NoTorchTests), StringComparison.Ordinal));
}
