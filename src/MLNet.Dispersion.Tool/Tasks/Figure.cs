using System.Globalization;
using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Tool;

/// <summary>A figure of answers, with its interval over other rows.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">The figure.</param>
/// <param name="Interval">The 95 % interval; null where there is none.</param>
internal sealed record Figure(string Name, double Value, Interval? Interval)
{
    private const int MostRowsToResample = 5000;
    private const int FewestRows = 10;

    /// <summary>The mean of a figure that each row has, by a bootstrap over rows.</summary>
    public static Figure Mean(string name, IReadOnlyList<double> values) =>
        new(name, values.Average(), values.Count < FewestRows ? null : BootstrapInterval.Mean(values));

    /// <summary>A figure of all rows together, by a bootstrap over rows; of many rows it would take long, and there is no interval.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="rows">How many rows there are.</param>
    /// <param name="of">From the numbers of rows, some of them several times, to the figure.</param>
    public static Figure Of(string name, int rows, Func<IReadOnlyList<int>, double> of)
    {
        double value = of([.. Enumerable.Range(0, rows)]);
        return new(name, value, rows is < FewestRows or > MostRowsToResample || !double.IsFinite(value) ? null : BootstrapInterval.Bca(rows, of));
    }

    /// <summary>The figures as a table.</summary>
    public static string Table(IEnumerable<Figure> figures)
    {
        var table = new TextTable("figure", "value", "95 % interval");
        foreach (Figure figure in figures)
        {
            table.Add(figure.Name, Written(figure.Value), figure.Interval is { } interval ? $"{Written(interval.Lower)} to {Written(interval.Upper)}" : "-");
        }

        return table.ToConsole();
    }

    /// <summary>The figures as JSON, by name; a figure that is not finite is null.</summary>
    public static JsonObject Json(IEnumerable<Figure> figures)
    {
        var document = new JsonObject();
        foreach (Figure figure in figures)
        {
            document[figure.Name] = new JsonObject { ["value"] = Finite(figure.Value), ["lower"] = Finite(figure.Interval?.Lower), ["upper"] = Finite(figure.Interval?.Upper) };
        }

        return document;
    }

    /// <summary>A number as JSON has it: null where it is not finite.</summary>
    public static JsonNode? Finite(double? value) => value is { } number && double.IsFinite(number) ? JsonValue.Create(number) : null;

    private static string Written(double value) => value.ToString(Math.Abs(value) >= 100 ? "0.0" : "0.0000", CultureInfo.InvariantCulture);
}
