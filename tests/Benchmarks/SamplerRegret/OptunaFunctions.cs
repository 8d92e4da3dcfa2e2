namespace MLNet.Dispersion.Benchmarks.SamplerRegret;

/// <summary>The nine functions of the comparison with optuna, all minimised, as its reference data describe them.</summary>
internal static class OptunaFunctions
{
    private const double BraninLeast = 0.39788735772973816;
    private const double HartmannLeast = -3.32236801141551;

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Objective> All { get; } =
    [
        new("branin", Objective.All[0].Space, 0, point => Objective.All[0].Value(point) - BraninLeast),
        new("hartmann6", Objective.All[1].Space, 0, point => Objective.All[1].Value(point) - HartmannLeast),
        new("rosenbrock4", Cube("x", 4, -2, 2), 0, point =>
        {
            double[] x = Numbers(point);
            return Enumerable.Range(0, 3).Sum(i => (100 * Square(x[i + 1] - Square(x[i]))) + Square(1 - x[i]));
        }),
        new("ackley5", Cube("x", 5, -8, 8), 0, point =>
        {
            double[] x = Numbers(point);
            return (-20 * Math.Exp(-0.2 * Math.Sqrt(x.Sum(Square) / 5))) - Math.Exp(x.Sum(value => Math.Cos(2 * Math.PI * value)) / 5) + 20 + Math.E;
        }),
        new("sphere10", Cube("x", 10, -5, 5), 0, point => Numbers(point).Sum(value => Square(value - 1))),
        new(
            "logbowl",
            SearchSpace.Empty.LogUniform("lr", 1e-6, 1e-1).LogUniform("wd", 1e-6, 1).Integer("epochs", 1, 20),
            0,
            point => Square(Math.Log10(point.GetDouble("lr")) + 3.3) + (0.3 * Square(Math.Log10(point.GetDouble("wd")) + 1.5)) + (0.02 * Square(point.GetInteger("epochs") - 7))),
        new(
            "conditional",
            SearchSpace.Empty.Choice("kind", "a", "b", "c")
                .When("kind", "a", sub => sub.Uniform("u", 0, 1))
                .When("kind", "b", sub => sub.LogUniform("v", 1e-4, 1).Integer("n", 1, 32))
                .When("kind", "c", sub => sub.Uniform("w", -3, 3)),
            0,
            point => point.GetText("kind") switch
            {
                "a" => 1 + (10 * Square(point.GetDouble("u") - 0.3)),
                "b" => 0.2 + (50 * Square(point.GetDouble("v") - 0.01)) + (0.05 * Math.Abs(point.GetInteger("n") - 20)),
                _ => 0.6 + Square(point.GetDouble("w")),
            }),
        new(
            "categories",
            Enumerable.Range(0, 6).Aggregate(SearchSpace.Empty, (space, k) => space.Choice($"c{k}", "p", "q", "r", "s")),
            0,
            point => Enumerable.Range(0, 6).Sum(i => point.GetText($"c{i}")[0] == "pqrs"[i % 4] ? 0 : 1 + (0.3 * i))),
        new("noisy", SearchSpace.Empty.Uniform("x", 0, 1).Uniform("y", 0, 1), 0, point =>
        {
            double x = point.GetDouble("x"), y = point.GetDouble("y"), z = 43758.5453 * Math.Sin((12.9898 * x) + (78.233 * y));
            return Square(x - 0.7) + Square(y - 0.2) + (0.05 * (z - Math.Floor(z)));
        }),
    ];

    private static SearchSpace Cube(string name, int dimensions, double low, double high) =>
        Enumerable.Range(0, dimensions).Aggregate(SearchSpace.Empty, (space, k) => space.Uniform($"{name}{k}", low, high));

    private static double[] Numbers(ParameterSet point) => [.. point.Values.Cast<double>()];

    private static double Square(double value) => value * value;
}
