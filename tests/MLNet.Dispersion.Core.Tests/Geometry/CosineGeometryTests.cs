using MLNet.Dispersion.Tests.Losses;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Geometry;

public class CosineGeometryTests
{
    [Theory]
    [InlineData(1.0)]
    [InlineData(1e-4)]
    [InlineData(1e25)]
    public void MatrixAndMeans_RandomStates_EqualNaiveLoops(double scale)
    {
        using var scope = NewDisposeScope();
        Tensor states = DispersionSamples.States(1, 7, 5, ScalarType.Float32, seed: 3).squeeze(0) * scale;
        double[,] naive = NaiveCosines(DispersionSamples.ToArrays(states.unsqueeze(0))[0]);
        Tensor matrix = CosineGeometry.Matrix(states);
        Assert.Equal(ScalarType.Float32, matrix.dtype);
        double all = 0, off = 0;
        for (int i = 0; i < 7; i++)
        {
            for (int j = 0; j < 7; j++)
            {
                Assert.Equal(naive[i, j], matrix[i, j].item<float>(), 1e-6);
                all += naive[i, j];
                off += i == j ? 0 : naive[i, j];
            }
        }

        CosineMeans means = CosineGeometry.Means(states);
        Assert.Equal(all / 49, means.Full, 1e-12);
        Assert.Equal(off / 42, means.OffDiagonal, 1e-12);
    }

    [Fact]
    public void Means_KnownDirections_AreExact()
    {
        using var scope = NewDisposeScope();
        Tensor pair = tensor(new[] { 3f, 0, 0, 4f }, 2, 2), opposite = tensor(new[] { 3f, 0, -5f, 0 }, 2, 2), same = ones(4, 3);
        Assert.Equal(new CosineMeans { Full = 0.5, OffDiagonal = 0 }, CosineGeometry.Means(pair));
        Assert.Equal(new CosineMeans { Full = 0, OffDiagonal = -1 }, CosineGeometry.Means(opposite));
        Assert.Equal(1, CosineGeometry.Means(same).OffDiagonal, 1e-15);
        Assert.Equal(new CosineMeans { Full = 0, OffDiagonal = 0 }, CosineGeometry.Means(zeros(3, 4)));
    }

    [Fact]
    public void Matrix_Entries_StayWithinMinusOneAndOne()
    {
        using var scope = NewDisposeScope();
        Tensor row = DispersionSamples.States(1, 1, 301, ScalarType.Float32).squeeze(0);
        Tensor matrix = CosineGeometry.Matrix(cat([row, row * 3, -row], 0));
        Assert.InRange(matrix.max().item<float>(), 0.999999f, 1f);
        Assert.InRange(matrix.min().item<float>(), -1f, -0.999999f);
    }

    [Fact]
    public void Matrix_StatesWithGradient_GivesNone()
    {
        using var scope = NewDisposeScope();
        Tensor states = DispersionSamples.States(1, 4, 5).squeeze(0).requires_grad_();
        Assert.False(CosineGeometry.Matrix(states).requires_grad);
    }

    [Fact]
    public void Means_BadInput_Throws()
    {
        using var scope = NewDisposeScope();
        Assert.Contains("[2, 3, 4]", Assert.Throws<ArgumentException>(() => CosineGeometry.Means(zeros(2, 3, 4))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => CosineGeometry.Means(zeros(1, 4)));
        Assert.Throws<ArgumentException>(() => CosineGeometry.Means(zeros([3, 4], ScalarType.Int64)));
    }

    [Fact]
    public void Histogram_KnownEntries_FallIntoTheirBins()
    {
        using var scope = NewDisposeScope();
        CosineHistogram histogram = CosineHistogram.Of(tensor(new[] { -1f, -0.99f, 0f, 0.01f, 0.5f, 0.9999f, 1f, 1f }));
        var filled = histogram.Counts.Index().Where(bin => bin.Item > 0).ToDictionary(bin => bin.Index, bin => bin.Item);
        Assert.Equal(new Dictionary<int, long> { [0] = 2, [64] = 2, [96] = 1, [127] = 3 }, filled);
        Assert.Equal(8, histogram.Total);
        Assert.Equal(1, histogram.Density.Sum() * CosineHistogram.BinWidth, 1e-12);
        Assert.Equal(16, histogram.Add(histogram).Total);
        Assert.Equal(0, CosineHistogram.Empty.Density.Sum());
        Assert.Equal(-1 + (1.0 / 128), CosineHistogram.Centre(0), 1e-15);
    }

    private static double[,] NaiveCosines(double[][] rows)
    {
        var result = new double[rows.Length, rows.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            for (int j = 0; j < rows.Length; j++)
            {
                double dot = rows[i].Zip(rows[j], (a, b) => a * b).Sum();
                result[i, j] = Math.Clamp(dot / (Norm(rows[i]) * Norm(rows[j])), -1, 1);
            }
        }

        return result;

        static double Norm(double[] row) => Math.Max(1e-3, Math.Sqrt(row.Sum(v => v * v)));
    }
}
