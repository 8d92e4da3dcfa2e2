namespace MLNet.Dispersion.Benchmarks.SamplerRegret;

/// <summary>A function whose least value is known.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Space">Where it is defined.</param>
/// <param name="Least">Its least value.</param>
/// <param name="Value">Its value at a point.</param>
internal sealed record Objective(string Name, SearchSpace Space, double Least, Func<ParameterSet, double> Value)
{
    private static readonly double[] HartmannWeights = [1.0, 1.2, 3.0, 3.2];

    private static readonly double[][] HartmannScales =
    [
        [10, 3, 17, 3.5, 1.7, 8],
        [0.05, 10, 17, 0.1, 8, 14],
        [3, 3.5, 1.7, 10, 17, 8],
        [17, 8, 0.05, 10, 0.1, 14],
    ];

    private static readonly double[][] HartmannCentres =
    [
        [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
        [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
        [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650],
        [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
    ];

    /// <summary>The suite.</summary>
    public static IReadOnlyList<Objective> All { get; } = [Branin(), Hartmann(), Conditional()];

    private static Objective Branin() => new(
        "Branin",
        SearchSpace.Empty.Uniform("x", -5, 10).Uniform("y", 0, 15),
        0.39788735772973816,
        point =>
        {
            double x = point.GetDouble("x"), y = point.GetDouble("y");
            double valley = y - (5.1 / (4 * Math.PI * Math.PI) * x * x) + (5 / Math.PI * x) - 6;
            return (valley * valley) + (10 * (1 - (1 / (8 * Math.PI))) * Math.Cos(x)) + 10;
        });

    private static Objective Hartmann() => new(
        "Hartmann-6",
        Enumerable.Range(0, 6).Aggregate(SearchSpace.Empty, (space, k) => space.Uniform($"x{k}", 0, 1)),
        -3.322368011391339,
        point => -HartmannWeights.Select((weight, i) => weight * Math.Exp(-Enumerable.Range(0, 6).Sum(k => HartmannScales[i][k] * Math.Pow(point.GetDouble($"x{k}") - HartmannCentres[i][k], 2)))).Sum());

    /// <summary>What a search over models looks like: a choice of a family, each with figures of its own, one of them nested; 0 at a net of two layers.</summary>
    private static Objective Conditional() => new(
        "Conditional",
        SearchSpace.Empty
            .Choice("model", "linear", "tree", "net")
            .LogUniform("rate", 1e-5, 1)
            .When("model", "linear", sub => sub.LogUniform("penalty", 1e-6, 10))
            .When("model", "tree", sub => sub.Integer("depth", 1, 16).Uniform("share", 0.1, 1))
            .When("model", "net", sub => sub.LogInteger("units", 4, 512).Choice("layers", 1, 2, 3)
                .When("layers", [2, 3], inner => inner.Uniform("dropout", 0, 0.9))),
        0,
        point =>
        {
            double rate = Math.Pow(Math.Log10(point.GetDouble("rate")) + 2.5, 2) / 4;
            return rate + point.GetText("model") switch
            {
                "linear" => 0.5 + (Math.Pow(Math.Log10(point.GetDouble("penalty")) + 2, 2) / 8),
                "tree" => 0.25 + (Math.Pow(point.GetInteger("depth") - 7, 2) / 40) + Math.Pow(point.GetDouble("share") - 0.6, 2),
                _ => Math.Pow(Math.Log2(point.GetInteger("units") / 128.0), 2) / 8
                    + (point.GetInteger("layers") == 2 ? 0 : 0.15)
                    + (point.Has("dropout") ? 2 * Math.Pow(point.GetDouble("dropout") - 0.2, 2) : 0.1),
            };
        });
}
