namespace MLNet.Dispersion.Tests.Statistics;

public sealed class PairedIntervalTests
{
    [Fact]
    public void Seeds_ThreeOfThem_IsStudentsInterval() =>
        Assert.Equal(4.302653 * 0.152753 / Math.Sqrt(3), PairedInterval.Seeds(OfSeeds(0.1, 0.2, 0.4)).Width / 2, 1e-5);

    /// <summary>Student's t of 0.95: 4.302653, 2.776445, 2.262157; the factors by hand from Gayen's term for a kurtosis of -1.2.</summary>
    [Theory]
    [InlineData(3, 1.0829375)]
    [InlineData(5, 1.048756)]
    [InlineData(10, 1.018862)]
    public void SeedsByRows_NoNoiseInRows_IsStudentsIntervalOverSeedsMadeWiderForFlatOnes(int seeds, double factor)
    {
        PairedDifferences differences = OfSeeds([.. Enumerable.Range(0, seeds).Select(seed => seed % 4 * 0.1)]);

        Interval student = PairedInterval.Seeds(differences), deciding = PairedInterval.SeedsByRows(differences);

        // Rows that are all alike leave what the two added rows say.
        Assert.Equal(student.Estimate, deciding.Estimate, 1e-12);
        Assert.InRange(deciding.Width / student.Width / factor, 1, 1.01);
    }

    /// <summary>Where seeds alone differ, and by a uniform distribution, Student's own interval holds the truth too seldom.</summary>
    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(10)]
    public void SeedsByRows_FlatSeeds_HoldTheTruthMoreOftenThanStudents(int seeds)
    {
        const int Studies = 4000;
        var random = new Random(seeds);
        PairedDifferences[] studies = [.. Enumerable.Range(0, Studies).Select(_ => OfSeeds([.. Enumerable.Range(0, seeds).Select(_ => random.NextDouble() - 0.5)]))];
        double Held(Func<PairedDifferences, Interval> interval) => studies.Count(study => interval(study).Contains(0)) / (double)Studies;

        double deciding = Held(study => PairedInterval.SeedsByRows(study));

        Assert.True(deciding > Held(study => PairedInterval.Seeds(study)));
        Assert.InRange(deciding, 0.93, 0.97);
    }

    [Fact]
    public void Rows_RightAndWrongAnswersThatGoOneWayWithEachSeed_IsBonettAndPrices()
    {
        // 100 rows: 8 gained, 4 lost. Bonett and Price (2012) with their two more: variance ((9 + 5) / 102 - (4 / 102)^2) / 102.
        double[] row = [.. Enumerable.Repeat(1.0, 8), .. Enumerable.Repeat(-1.0, 4), .. Enumerable.Repeat(0.0, 88)];
        Interval rows = PairedInterval.Rows(new([row, row]));
        double half = 1.959964 * Math.Sqrt(((14 / 102.0) - Math.Pow(4 / 102.0, 2)) / 102);

        Assert.Equal(0.04, rows.Estimate, 1e-12);
        Assert.InRange(rows.Width / (2 * half), 1, 1.06);
    }

    [Fact]
    public void SeedsByRows_AllAnswersTheSame_IsNoCertainty()
    {
        var none = new PairedDifferences([new double[100], new double[100], new double[100]]);

        Interval interval = PairedInterval.SeedsByRows(none);

        Assert.Equal(0, interval.Estimate);
        Assert.InRange(interval.Upper, 0.02, 0.04);
        Assert.Equal(-interval.Upper, interval.Lower, 1e-12);
        Assert.Equal(VerdictWord.CannotBeTold, Verdict.Of(none, LeastEffect.Accuracy).Word);
        Assert.InRange(Verdict.Of(none, LeastEffect.Accuracy).Needed!.Rows!.Value, 1500, 2500);
    }

    [Fact]
    public void Variances_OfTwoWayTable_AreThoseOfTheAnalysisOfVariance()
    {
        // By hand: means of seeds 2 and 4, of rows 1.5, 3 and 4.5, so squares: seeds 6, rows 9, rest 1.
        VarianceParts parts = new PairedDifferences([[1, 2, 3], [2, 4, 6]]).Variances();

        Assert.Equal(0.5, parts.Rest, 1e-12);
        Assert.Equal((6 - 0.5) / 3, parts.Seeds, 1e-12);
        Assert.Equal((4.5 - 0.5) / 2, parts.Rows, 1e-12);
        Assert.Equal((parts.Seeds / 4) + (parts.Rows / 10) + (parts.Rest / 40), parts.OfMean(4, 10), 1e-12);
    }

    [Fact]
    public void Groups_OfOneRowEach_ChangeNothing_AndOfEqualRows_CountOnce()
    {
        var random = new Random(1);
        double[][] few = [.. Enumerable.Range(0, 4).Select(_ => Enumerable.Range(0, 60).Select(_ => random.NextDouble()).ToArray())];
        double[][] copied = [.. few.Select(row => row.SelectMany(value => Enumerable.Repeat(value, 5)).ToArray())];

        Interval plain = PairedInterval.SeedsByRows(new(few));
        Interval single = PairedInterval.SeedsByRows(new(few, [.. Enumerable.Range(0, 60)]));
        Interval grouped = PairedInterval.SeedsByRows(new(copied, [.. Enumerable.Range(0, 300).Select(row => row / 5)]));

        Assert.Equal(plain.Lower, single.Lower, 1e-9);
        Assert.Equal(plain.Lower, grouped.Lower, 1e-9);
        Assert.Equal(plain.Upper, grouped.Upper, 1e-9);
        Assert.True(PairedInterval.SeedsByRows(new(copied)).Width < 0.8 * plain.Width, "Copies of rows count as rows where no group says otherwise.");
    }

    [Fact]
    public void Groups_OfDifferentSizes_KeepTheMeanOfRows()
    {
        var differences = new PairedDifferences([[1, 2, 3, 10], [0, 2, 2, 20]], [7, 7, 7, 9]);

        Assert.Equal(5, differences.Mean, 1e-12);
        Assert.Equal((2, 4, 2), (differences.Seeds, differences.Rows, differences.IndependentRows));
    }

    [Fact]
    public void Of_Losses_ArePositiveWhereTheFirstIsSmaller()
    {
        PairedDifferences differences = PairedDifferences.Of([[1.0, 2.0], [1.0, 2.0]], [[1.5, 3.0], [1.5, 3.0]], largerIsBetter: false);

        Assert.Equal(0.75, differences.Mean, 1e-12);
        Assert.Equal(-0.75, PairedDifferences.Of([[1.0, 2.0], [1.0, 2.0]], [[1.5, 3.0], [1.5, 3.0]], largerIsBetter: true).Mean, 1e-12);
    }

    [Fact]
    public void Differences_ThatAreNone_AreRefused()
    {
        Assert.Contains("at least 2 seeds", Assert.Throws<ArgumentException>(() => new PairedDifferences([[1.0, 2.0]])).Message, StringComparison.Ordinal);
        Assert.Contains("Seed 1 has 1 rows", Assert.Throws<ArgumentException>(() => new PairedDifferences([[1.0, 2.0], [1.0]])).Message, StringComparison.Ordinal);
        Assert.Contains("finite", Assert.Throws<ArgumentException>(() => new PairedDifferences([[1.0, 2.0], [1.0, double.NaN]])).Message, StringComparison.Ordinal);
        Assert.Contains("3 groups for 2 rows", Assert.Throws<ArgumentException>(() => new PairedDifferences([[1.0, 2.0], [1.0, 2.0]], [1, 2, 3])).Message, StringComparison.Ordinal);
        Assert.Contains("one group", Assert.Throws<ArgumentException>(() => new PairedDifferences([[1.0, 2.0], [1.0, 2.0]], [1, 1])).Message, StringComparison.Ordinal);
        Assert.Contains("same seeds and rows", Assert.Throws<ArgumentException>(() => PairedDifferences.Of([[1.0, 2.0]], [[1.0, 2.0], [1.0, 2.0]], true)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => PairedInterval.SeedsByRows(new([[1.0, 2.0], [1.0, 2.0]]), 1));
    }

    /// <summary>Seeds whose rows are all alike.</summary>
    private static PairedDifferences OfSeeds(params double[] means) => new([.. means.Select(mean => Enumerable.Repeat(mean, 200).ToArray())]);

    /// <summary>The command tests/Benchmarks/VerdictSimulation in small: three seeds, where intervals go wrong first.</summary>
    [Theory]
    [InlineData(0.0)]
    [InlineData(0.002)]
    [InlineData(0.02)]
    public void SeedsByRows_ThreeSeeds_HoldTheTruthNinetyThreeTimesInAHundred(double seedVariance)
    {
        const int Studies = 1500;
        var random = new Random(3);
        int held = 0;
        for (int study = 0; study < Studies; study++)
        {
            double[] rows = [.. Enumerable.Range(0, 100).Select(_ => Math.Exp(0.6 * Normal()) - Math.Exp(0.18))];
            double[][] differences = [.. Enumerable.Range(0, 3).Select(_ =>
            {
                double seed = Math.Sqrt(seedVariance) * Normal();
                return rows.Select(row => seed + row + Normal()).ToArray();
            })];
            held += PairedInterval.SeedsByRows(new(differences)).Contains(0) ? 1 : 0;
        }

        // 93 % less two standard errors of the simulation.
        Assert.InRange(held / (double)Studies, 0.93 - 0.013, 0.995);

        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
    }
}
