namespace MLNet.Dispersion.Studies.Tests.Spaces;

public sealed class SearchSpaceTests
{
    private static readonly SearchSpace Space = Support.Studies.Space;

    [Fact]
    public void At_AnyPlace_IsAValidPointThatComesBackFromJson()
    {
        var sampler = new RandomSampler();
        for (int number = 0; number < 500; number++)
        {
            ParameterSet point = sampler.Sample(Space, Support.Studies.Minimum, [], number, 7)!;

            Space.Validate(point);
            ParameterSet read = ParameterSet.Parse(point.ToJson(), Space);
            Assert.Equal(point.ToList(), read.ToList());
            Assert.Equal(point.Has("weight"), point.GetText("kind") == "spread");
            Assert.Equal(point.Has("share"), point.Has("layers") && point.GetInteger("layers") > 1);
        }
    }

    [Fact]
    public void PlaceOf_ValueAtAPlace_IsThatPlaceOrTheMiddleOfItsShare()
    {
        foreach (SearchParameter parameter in Space.Parameters)
        {
            for (double place = 0.003; place <= 1; place += 0.01)
            {
                object value = parameter.At(place);

                Assert.True(parameter.Accepts(value), $"{parameter.Name} at {place} is {value}");
                double back = parameter.PlaceOf(value);
                Assert.Equal(1, value is double number ? (double)parameter.At(back) / number : Equals(value, parameter.At(back)) ? 1 : 0, 1e-9);
                double reach = parameter.Count is null ? 1e-12 : parameter.Name == "units" ? 0.1 : (0.5 / parameter.Count.Value) + 1e-12;
                Assert.InRange(back, place - reach, place + reach);
            }
        }
    }

    [Fact]
    public void At_TheEnds_AreTheBounds()
    {
        Assert.Equal([-1.0, 1e-5, 1L, 4L, "plain"], Space.Parameters.Take(5).Select(parameter => parameter.At(0)));
        Assert.Equal([1.0, 1.0, 9L, 512L, "spread"], Space.Parameters.Take(5).Select(parameter => parameter.At(1)));
    }

    [Fact]
    public void ToJson_EqualSpaces_AreEqualTexts()
    {
        SearchSpace again = SearchSpace.Empty.Uniform("x", -1, 1).LogUniform("rate", 1e-5, 1);

        Assert.Equal(Space.Without("kind").Without("units").Without("epochs").ToJson(), again.ToJson());
        Assert.NotEqual(again.ToJson(), SearchSpace.Empty.Uniform("x", -1, 1).LogUniform("rate", 1e-6, 1).ToJson());
        Assert.Equal("""[{"name":"x","type":"uniform","low":-1,"high":1},{"name":"rate","type":"log_uniform","low":1E-05,"high":1}]""", again.ToJson());
    }

    [Fact]
    public void Without_AParent_TakesItsChildrenAlong()
    {
        Assert.Equal(["x", "rate", "epochs", "units"], Space.Without("kind").Parameters.Select(parameter => parameter.Name));
        Assert.Throws<ArgumentException>(() => Space.Without("none"));
    }

    [Fact]
    public void When_InsideAnotherOnAParameterOutsideIt_BothMustHold()
    {
        SearchSpace space = SearchSpace.Empty.Choice("kind", "a", "b").Choice("mode", "m", "n").Integer("depth", 1, 2)
            .When("kind", "b", sub => sub.When("mode", "m", inner => inner.When("depth", 2, last => last.Uniform("weight", 0, 1))));
        foreach (ISampler sampler in new ISampler[] { new RandomSampler(), new TpeSampler(), new GridSampler(2) })
        {
            List<Trial> trials = Support.Studies.Run(sampler, space, 60, 3, _ => 0);

            Assert.Contains(trials, trial => trial.Parameters!.Has("weight"));
            Assert.All(trials, trial => space.Validate(trial.Parameters!));
            Assert.All(trials, trial => Assert.Equal(
                trial.Parameters!.GetText("kind") == "b" && trial.Parameters.GetText("mode") == "m" && trial.Parameters.GetInteger("depth") == 2,
                trial.Parameters.Has("weight")));
            Assert.Equal(trials.Count, sampler is GridSampler ? 9 : 60);
        }

        Assert.All(["kind", "mode", "depth"], name => Assert.DoesNotContain(space.Without(name).Parameters, parameter => parameter.Name == "weight"));
        Assert.Contains("\"and\":{\"parent\":\"mode\"", space.ToJson(), StringComparison.Ordinal);
        Assert.Equal("depth = 2 and mode = m and kind = b", space["weight"].Condition!.ToString());
    }

    [Fact]
    public void LogUniform_BoundsFurtherApartThanANumberHolds_StayInside()
    {
        SearchParameter wide = SearchSpace.Empty.LogUniform("wide", 1e-300, 1e300).Parameters[0];

        Assert.Equal([1e-300, 1e300], [wide.At(0), wide.At(1)]);
        Assert.Equal(1, (double)wide.At(0.5), 1e-9);
        Assert.Equal(0.5, wide.PlaceOf(1.0), 1e-12);
    }

    [Fact]
    public void Parse_WordsThatJsonEscapesAndWholeNumbers_ComeBack()
    {
        SearchSpace space = SearchSpace.Empty.Choice("word", "\u00e9<b>", "\"q\" \\", "1").Choice("mixed", 1, 0.1, true).Uniform("x", 0, 2);
        ParameterSet point = ParameterSet.Empty.With("word", "\u00e9<b>").With("mixed", 0.1).With("x", 1);

        space.Validate(point);
        ParameterSet read = ParameterSet.Parse(point.ToJson(), space);
        Assert.Equal("\u00e9<b>", read.GetText("word"));
        Assert.Equal(0.1, read.GetDouble("mixed"));
        Assert.Equal(1, read.GetDouble("x"));
        Assert.Contains("1 twice", Assert.ThrowsAny<ArgumentException>(() => SearchSpace.Empty.Choice("a", 1, 1.0)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1.0, 0.0, "Swap them")]
    [InlineData(1.0, 1.0, "belongs into the pipeline")]
    [InlineData(double.NaN, 1.0, "finite")]
    [InlineData(-1e308, 1e308, "finite")]
    public void Uniform_BadBounds_SaysWhatIsWrong(double low, double high, string words)
    {
        var error = Assert.ThrowsAny<ArgumentException>(() => SearchSpace.Empty.Uniform("rate", low, high));

        Assert.Contains("'rate'", error.Message, StringComparison.Ordinal);
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Build_BadParameters_AreRefused()
    {
        Assert.Contains("above 0", Assert.ThrowsAny<ArgumentException>(() => SearchSpace.Empty.LogUniform("a", 0, 1)).Message, StringComparison.Ordinal);
        Assert.Contains("above 0", Assert.ThrowsAny<ArgumentException>(() => SearchSpace.Empty.LogInteger("a", 0, 9)).Message, StringComparison.Ordinal);
        Assert.Contains("from 1 to 3", Assert.ThrowsAny<ArgumentException>(() => SearchSpace.Empty.Integer("a", 1, 4, 4)).Message, StringComparison.Ordinal);
        Assert.Contains("at least 2", Assert.ThrowsAny<ArgumentException>(() => SearchSpace.Empty.Choice("a", 1)).Message, StringComparison.Ordinal);
        Assert.Contains("1 twice", Assert.ThrowsAny<ArgumentException>(() => SearchSpace.Empty.Choice("a", 1, 1L)).Message, StringComparison.Ordinal);
        Assert.Contains("Uri", Assert.ThrowsAny<ArgumentException>(() => SearchSpace.Empty.Choice("a", 1, new Uri("http://a"))).Message, StringComparison.Ordinal);
        Assert.Contains("'x' already", Assert.ThrowsAny<ArgumentException>(() => Space.Uniform("x", 0, 1)).Message, StringComparison.Ordinal);
        Assert.ThrowsAny<ArgumentException>(() => SearchSpace.Empty.Uniform(" ", 0, 1));
        Assert.Contains("no parameter 'y'", Assert.ThrowsAny<ArgumentException>(() => Space.When("y", 1, sub => sub)).Message, StringComparison.Ordinal);
        Assert.Contains("one of plain, spread", Assert.ThrowsAny<ArgumentException>(() => Space.When("kind", "other", sub => sub.Uniform("y", 0, 1))).Message, StringComparison.Ordinal);
        Assert.Contains("a number from -1 to 1", Assert.ThrowsAny<ArgumentException>(() => Space.When("x", 0.5, sub => sub.Uniform("y", 0, 1))).Message, StringComparison.Ordinal);
        Assert.Contains("adds no parameter", Assert.ThrowsAny<ArgumentException>(() => Space.When("kind", "plain", sub => sub)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_WrongValues_NamesThem()
    {
        ParameterSet good = ParameterSet.Empty.With("x", 0.5).With("rate", 0.1).With("epochs", 3).With("units", 8).With("kind", "plain");
        Space.Validate(good);

        Assert.Contains("'epochs' is 4", Message(good.With("epochs", 4)), StringComparison.Ordinal);
        Assert.Contains("'x' is 2", Message(good.With("x", 2.0)), StringComparison.Ordinal);
        Assert.Contains("'weight' has no value", Message(good.With("kind", "spread")), StringComparison.Ordinal);
        Assert.Contains("only where kind = spread", Message(good.With("weight", 0.5)), StringComparison.Ordinal);
        Assert.Contains("no parameter 'more'", Message(good.With("more", 1)), StringComparison.Ordinal);
        Assert.Throws<FormatException>(() => ParameterSet.Parse("{\"x\":1", Space));
        Assert.Throws<FormatException>(() => ParameterSet.Parse("{\"more\":1}", Space));
        Assert.Throws<KeyNotFoundException>(() => good.GetDouble("weight"));
        Assert.Throws<InvalidCastException>(() => good.GetInteger("x"));

        static string Message(ParameterSet point) => Assert.Throws<ArgumentException>(() => Space.Validate(point)).Message;
    }

    [Fact]
    public void LogUniform_ManySamples_HaveAUniformLogarithm()
    {
        const int Count = 4000;
        var sampler = new RandomSampler();
        double[] logs = [.. Enumerable.Range(0, Count).Select(number => Math.Log10(sampler.Sample(Space, Support.Studies.Minimum, [], number, 3)!.GetDouble("rate"))).Order()];

        // Kolmogorov and Smirnov's largest distance; above 1.95 / sqrt(n) once in a thousand.
        double distance = Enumerable.Range(0, Count).Max(i => Math.Abs(((i + 0.5) / Count) - ((logs[i] + 5) / 5)));
        Assert.InRange(distance, 0, 1.95 / Math.Sqrt(Count));
    }
}
