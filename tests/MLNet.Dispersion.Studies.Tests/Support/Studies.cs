namespace MLNet.Dispersion.Studies.Tests.Support;

/// <summary>Small studies.</summary>
internal static class Studies
{
    public static readonly StudyObjective[] Minimum = [new() { Name = "value", Maximize = false }];

    public static readonly SearchSpace Space = SearchSpace.Empty
        .Uniform("x", -1, 1)
        .LogUniform("rate", 1e-5, 1)
        .Integer("epochs", 1, 9, 2)
        .LogInteger("units", 4, 512)
        .Choice("kind", "plain", "spread")
        .When("kind", "spread", sub => sub.Uniform("weight", 0.01, 1).Choice("layers", 1, 2, 3).When("layers", [2, 3], inner => inner.Uniform("share", 0, 1)));

    public static readonly SearchSpace Plane = SearchSpace.Empty.Uniform("x", -1, 1).Uniform("y", -1, 1);

    public static StudyDefinition Definition(string name = "study") => new() { Name = name, Objectives = Minimum, Seed = 1, Space = Plane };

    public static ParameterSet Point(double x, double y) => ParameterSet.Empty.With("x", x).With("y", y);

    public static Trial Completed(int number, ParameterSet parameters, params double[] values) =>
        new() { Number = number, State = TrialState.Completed, Parameters = parameters, Values = values };

    /// <summary>Runs a sampler on a function.</summary>
    public static List<Trial> Run(ISampler sampler, SearchSpace space, int trials, long seed, Func<ParameterSet, double> value, Func<double, double>? transform = null)
    {
        var history = new List<Trial>();
        for (int number = 0; number < trials && sampler.Sample(space, Minimum, history, number, seed) is { } point; number++)
        {
            history.Add(Completed(number, point, (transform ?? (v => v))(value(point))));
        }

        return history;
    }
}
