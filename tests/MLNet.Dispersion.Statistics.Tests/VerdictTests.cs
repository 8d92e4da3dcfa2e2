namespace MLNet.Dispersion.Tests.Statistics;

public sealed class VerdictTests
{
    [Theory]
    [InlineData(0.005, 0.03, VerdictWord.Better)]
    [InlineData(0.001, 0.019, VerdictWord.Better)]
    [InlineData(0.001, 0.015, VerdictWord.CannotBeTold)] // Above 0, but its middle is below the least effect.
    [InlineData(0.001, 0.009, VerdictWord.NoDifferenceThatMatters)]
    [InlineData(0, 0.03, VerdictWord.CannotBeTold)]
    [InlineData(-0.01, 0.01, VerdictWord.NoDifferenceThatMatters)]
    [InlineData(-0.011, 0.01, VerdictWord.CannotBeTold)]
    [InlineData(-0.03, -0.005, VerdictWord.Worse)]
    [InlineData(-0.015, -0.001, VerdictWord.CannotBeTold)]
    [InlineData(double.NaN, double.NaN, VerdictWord.CannotBeTold)]
    public void Of_Interval_IsTheWordOfTheRule(double lower, double upper, VerdictWord word) =>
        Assert.Equal(word, Verdict.Of(new Interval { Estimate = (lower + upper) / 2, Lower = lower, Upper = upper, Level = 0.95 }, LeastEffect.Accuracy).Word);

    [Fact]
    public void ToString_Verdict_HasWordMarkIntervalAndWhatIsNeeded()
    {
        var interval = new Interval { Estimate = 0.012, Lower = -0.004, Upper = 0.028, Level = 0.95 };
        Verdict verdict = Verdict.Of(interval, 0.01, isExploratory: true) with { Needed = new SampleNeeded { Rows = 7849, Seeds = 12 } };

        Assert.Equal("cannot be told (exploratory): +0.012, 95 % interval -0.004 to +0.028, least effect 0.01; about 7,900 rows or 12 seeds would tell", verdict.ToString());
        Assert.Equal("no difference that matters: 0.000, 95 % interval -0.001 to +0.001, least effect 0.010", Verdict.Of(interval with { Estimate = 0, Lower = -0.001, Upper = 0.001 }, 0.01).ToString("0.000"));
        Assert.Equal(["cannot be told", "better", "worse", "no difference that matters"], Enum.GetValues<VerdictWord>().Select(Verdict.TextOf));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-0.01)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Of_LeastEffectThatIsNone_IsRefused(double leastEffect) =>
        Assert.Contains("must be above 0", Assert.Throws<ArgumentOutOfRangeException>(() => Verdict.Of(new Interval { Estimate = 0, Lower = 0, Upper = 0, Level = 0.95 }, leastEffect)).Message, StringComparison.Ordinal);

    [Fact]
    public void LeastEffect_OfLosses_IsAPartOfThePlainValue()
    {
        Assert.Equal(0.6, LeastEffect.OfLoss(30), 1e-12);
        Assert.Throws<ArgumentOutOfRangeException>(() => LeastEffect.OfLoss(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => LeastEffect.OfLoss(double.NaN));
    }

    [Theory]
    [InlineData(0.01, 7849)]
    [InlineData(0.02, 1962)]
    [InlineData(0.033, 721)]
    public void PowerRows_TenPercentDiscordant_NeedsThePublishedRows(double effect, double rows) => Assert.Equal(rows, Math.Round(Power.Rows(0.1, effect)));

    [Fact]
    public void Needed_RowsOrSeedsThatItNames_DoTell()
    {
        var random = new Random(7);
        Verdict few = Verdict.Of(Draw(3, 300), 0.05);
        SampleNeeded needed = few.Needed!;

        Assert.Equal(VerdictWord.CannotBeTold, few.Word);
        Assert.InRange(needed.Rows!.Value, 600, 40_000);

        // With as many rows, eight in ten such studies tell that there is no difference; here most of ten.
        int told = Enumerable.Range(0, 10).Count(_ => Verdict.Of(Draw(3, needed.Rows.Value), 0.05).Word == VerdictWord.NoDifferenceThatMatters);
        Assert.InRange(told, 5, 10);

        PairedDifferences Draw(int seeds, int rows) => new([.. Enumerable.Range(0, seeds).Select(_ => Enumerable.Range(0, rows).Select(_ => (2 * random.NextDouble()) - 1).ToArray())]);
    }

    [Fact]
    public void Needed_SeedsThatDiffer_AskForSeedsAndNotForRows()
    {
        var random = new Random(8);
        double[] seeds = [-0.3, 0.1, 0.35];
        var differences = new PairedDifferences([.. seeds.Select(seed => Enumerable.Range(0, 1000).Select(_ => seed + (0.1 * random.NextDouble())).ToArray())]);

        SampleNeeded needed = Power.Needed(differences, 0.1);

        Assert.Null(needed.Rows);
        Assert.InRange(needed.Seeds!.Value, 50, 300);
        Assert.EndsWith("seeds would tell", needed.ToString(), StringComparison.Ordinal);
        Assert.Contains("no practical number", new SampleNeeded { Rows = null, Seeds = null }.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Needed_NeitherAlone_NamesBoth()
    {
        var random = new Random(9);
        double[] seeds = [-0.1, 0, 0.1];
        double[] rows = [.. Enumerable.Range(0, 50).Select(_ => random.NextDouble() - 0.5)];
        SampleNeeded needed = Power.Needed(new([.. seeds.Select(seed => rows.Select(row => seed + row).ToArray())]), 0.02);

        Assert.Equal((null, null), (needed.Rows, needed.Seeds));
        Assert.InRange(needed.Both!.Value.Seeds, 100, 2000);
        Assert.Contains("together would tell", needed.ToString(), StringComparison.Ordinal);
    }

    /// <summary>A difference of half the least effect: as many rows would tell were there none, so what is named must be more, and with so many a new study of the same effect mostly tells.</summary>
    [Theory]
    [InlineData(0.5)]
    [InlineData(-0.5)]
    public void Needed_DifferenceThatIsTheReason_NamesMoreThanThereIs_ThatTells(double part)
    {
        const double LeastEffect = 0.1;
        const int Rows = 250;
        int told = 0, asked = 0;
        foreach (int seed in Enumerable.Range(1, 40))
        {
            var random = new Random(seed);
            var few = new PairedDifferences(Draw(random, Rows, part * LeastEffect));
            Verdict verdict = Verdict.Of(few, LeastEffect);
            if (verdict.Word != VerdictWord.CannotBeTold || Power.Needed(few, LeastEffect).Rows > Rows)
            {
                continue;
            }

            SampleNeeded needed = verdict.Needed!;
            Assert.True(needed.Rows is null or > Rows, $"{needed} of {verdict}");
            Assert.True(needed.Seeds is null or > 5, $"{needed} of {verdict}");
            if (needed.Rows is { } rows and < 20_000)
            {
                asked++;
                told += Verdict.Of(new PairedDifferences(Draw(random, rows, few.Mean)), LeastEffect).Word == VerdictWord.NoDifferenceThatMatters ? 1 : 0;
            }
        }

        Assert.InRange(asked, 3, 40);
        Assert.InRange(told, asked * 0.6, asked);

        static double[][] Draw(Random random, int rows, double middle) => [.. Enumerable.Range(0, 5).Select(_ => Enumerable.Range(0, rows).Select(_ => middle + ((2 * random.NextDouble()) - 1)).ToArray())];
    }
}
