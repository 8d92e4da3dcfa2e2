using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Geometry;

public sealed class ConeGeometryTests
{
    [Fact]
    public void Measure_TextsOfSeveralLengths_MatchesANaiveComputation()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3, CPU);
        double[][][] texts = [.. new[] { 7, 2, 11 }.Select(tokens => Rows(randn([tokens, 6], ScalarType.Float64, generator: generator).mul(tensor(new double[] { 1, 4, 1, 1, 9, 2 }))))];
        texts[0][0] = [.. texts[0][0].Select(value => value * 100)];
        texts[2][5] = [.. texts[2][5].Select(value => value * 40)];

        ConeFigures cone = ConeGeometry.Measure([.. texts.Select(Tensor)]);

        int[] strongest = [.. Enumerable.Range(0, 6).OrderByDescending(f => texts.SelectMany(text => text).Sum(row => row[f] * row[f]))];
        Assert.Equal(strongest.Take(4), cone.Strongest.Select(coordinate => coordinate.Index));
        Assert.Equal([(0, 0), (2, 5)], cone.MassiveTokens.Select(token => (token.Text, token.Position)));
        Near(texts.Average(OffDiagonal), cone.MeanCosine);
        Near(texts.Where(text => text.Length > 2).Average(text => OffDiagonal(text[1..])), cone.WithoutFirstToken);
        double[][][] ordinary = [texts[0][1..], texts[1], [.. texts[2].Where((_, i) => i != 5)]];
        Near(ordinary.Average(OffDiagonal), cone.WithoutMassiveTokens);
        double[][] all = [.. ordinary.SelectMany(text => text)];
        double[] mean = [.. Enumerable.Range(0, 6).Select(f => all.Average(row => row[f]))];
        double[] deviation = [.. Enumerable.Range(0, 6).Select(f => Math.Sqrt(all.Average(row => Math.Pow(row[f] - mean[f], 2))))];
        Near(ordinary.Average(text => OffDiagonal([.. text.Select(row => row.Select((value, f) => value - mean[f]).ToArray())])), cone.Centred);
        Near(ordinary.Average(text => OffDiagonal([.. text.Select(row => row.Select((value, f) => (value - mean[f]) / deviation[f]).ToArray())])), cone.Standardised);
        foreach ((int count, double without) in ConeGeometry.StrongestCounts.Zip(cone.WithoutStrongest))
        {
            Near(texts.Average(text => OffDiagonal([.. text.Select(row => row.Where((_, f) => !strongest.Take(count).Contains(f)).ToArray())])), without);
            Near(texts.Average(text => strongest.Take(count).Sum(f => Part(text, f)) / OffDiagonal(text)), cone.ShareOfStrongest(count));
        }

        Near(texts.Average(text => Norm(text[0])), cone.FirstTokenNorm);
        Near(texts.SelectMany(text => text[1..]).Average(Norm), cone.OtherTokensNorm);
        Near(texts.Average(text => text[1..].Average(row => Cosine(text[0], row))), cone.FirstTokenCosine);
        Assert.All(cone.Strongest, coordinate =>
        {
            Near(mean[coordinate.Index], coordinate.Mean);
            Near(deviation[coordinate.Index], coordinate.StandardDeviation);
        });
        Near(1, cone.ShareOfStrongest(4) + (texts.Average(text => strongest.Skip(4).Sum(f => Part(text, f)) / OffDiagonal(text))));
    }

    [Fact]
    public void Measure_OneConstantOffset_IsCarriedByItsCoordinateAndGoneWithoutIt()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1, CPU);
        Tensor offset = zeros(64);
        offset[17] = 100;
        ConeFigures cone = ConeGeometry.Measure([randn([200, 64], generator: generator) + offset, randn([200, 64], generator: generator) + offset]);

        Assert.Equal(17, cone.Strongest[0].Index);
        Assert.True(cone.MeanCosine > 0.95);
        Assert.InRange(cone.ShareOfStrongest(1), 0.99, 1.01);
        Assert.All(cone.WithoutStrongest.Append(cone.Centred).Append(cone.Standardised), cosine => Assert.InRange(cosine, -0.02, 0.02));
        Assert.Empty(cone.MassiveTokens);
    }

    [Fact]
    public void Measure_ConstantCoordinates_HaveNoDeviationToDivideBy()
    {
        using var scope = NewDisposeScope();
        ConeFigures cone = ConeGeometry.Measure([ones(3, 4)]);

        Assert.Equal(1, cone.MeanCosine, 1e-12);
        Assert.Equal(0, cone.Centred, 1e-12);
        Assert.Equal(0, cone.Standardised, 1e-12);
    }

    [Fact]
    public void Measure_TwoTokens_HasNothingLeftWithoutTheFirst()
    {
        using var scope = NewDisposeScope();
        Assert.True(double.IsNaN(ConeGeometry.Measure([eye(2)]).WithoutFirstToken));
    }

    [Fact]
    public void Measure_WrongTensors_NamesTheShape()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<ArgumentException>(() => ConeGeometry.Measure([]));
        Assert.Contains("[1, 4]", Assert.Throws<ArgumentException>(() => ConeGeometry.Measure([ones(3, 4), ones(1, 4)])).Message, StringComparison.Ordinal);
        Assert.Contains("[3, 5]", Assert.Throws<ArgumentException>(() => ConeGeometry.Measure([ones(3, 4), ones(3, 5)])).Message, StringComparison.Ordinal);
        Assert.Contains("Int64", Assert.Throws<ArgumentException>(() => ConeGeometry.Measure([ones(3, 4, dtype: ScalarType.Int64)])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => ConeGeometry.Measure([ones(3, 4)]).ShareOfStrongest(5));
    }

    private static double[][] Rows(Tensor states) => [.. Enumerable.Range(0, (int)states.shape[0]).Select(i => states[i].data<double>().ToArray())];

    private static Tensor Tensor(double[][] rows) => tensor(rows.SelectMany(row => row).ToArray()).view(rows.Length, -1);

    private static double Norm(double[] row) => Math.Sqrt(row.Sum(value => value * value));

    private static double Cosine(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum() / Norm(a) / Norm(b);

    private static double OffDiagonal(double[][] rows) => Pairs(rows.Length).Average(pair => Cosine(rows[pair.I], rows[pair.J]));

    private static double Part(double[][] rows, int f) => Pairs(rows.Length).Average(pair => rows[pair.I][f] * rows[pair.J][f] / Norm(rows[pair.I]) / Norm(rows[pair.J]));

    private static IEnumerable<(int I, int J)> Pairs(int n) => from i in Enumerable.Range(0, n) from j in Enumerable.Range(0, n) where i != j select (i, j);

    private static void Near(double expected, double actual) => Assert.Equal(expected, actual, 1e-10 * Math.Max(1, Math.Abs(expected)));
}
