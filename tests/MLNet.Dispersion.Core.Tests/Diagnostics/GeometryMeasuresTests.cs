namespace MLNet.Dispersion.Tests.Diagnostics;

public class GeometryMeasuresTests
{
    [Fact]
    public void All_HoldsEveryMeasureInOrder() => Assert.Equal(Enum.GetValues<GeometryMeasure>(), GeometryMeasures.All);

    [Fact]
    public void MachineName_OfEach_IsTheEnumerationsInCamelCaseAndParsesBack()
    {
        foreach (GeometryMeasure measure in GeometryMeasures.All)
        {
            string name = measure.MachineName();
            Assert.Equal(measure.ToString(), char.ToUpperInvariant(name[0]) + name[1..]);
            Assert.True(GeometryMeasures.TryParse(name, out GeometryMeasure parsed));
            Assert.Equal(measure, parsed);
            Assert.InRange(measure.ShortName().Length, 1, 11);
            Assert.NotEmpty(measure.DisplayName());
            Assert.NotEmpty(measure.Unit());
            Assert.NotEmpty(measure.AxisLabel());
            Assert.EndsWith(".", measure.Meaning(), StringComparison.Ordinal);
        }

        Assert.Equal(GeometryMeasures.All.Count, GeometryMeasures.All.Select(m => m.DisplayName()).Distinct().Count());
        Assert.Equal([GeometryMeasure.MeanCosine, GeometryMeasure.MeanCosineOffDiagonal], GeometryMeasures.All.Where(m => m.IsCosine()));
        Assert.Equal([GeometryMeasure.HighFrequencyGrowth, GeometryMeasure.MeanNorm], GeometryMeasures.All.Where(m => !m.IsCosine() && !m.NeedsSingularValues()));
    }

    [Theory]
    [InlineData("MeanCosine")]
    [InlineData("")]
    [InlineData(null)]
    public void TryParse_OtherNames_SaysNo(string? name) => Assert.False(GeometryMeasures.TryParse(name, out _));

    [Fact]
    public void Names_OfNoMeasure_Throw() => Assert.Throws<ArgumentOutOfRangeException>(() => ((GeometryMeasure)(-1)).DisplayName());
}
