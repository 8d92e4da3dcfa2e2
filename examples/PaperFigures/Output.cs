using System.Globalization;
using System.Text;
using System.Text.Json;
using Spectre.Console;

namespace MLNet.Dispersion.Examples.PaperFigures;

/// <summary>Writes pictures, tables and the page into a folder.</summary>
internal sealed class Output
{
    private const int MostInOnePicture = 12;
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase, NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals };

    private readonly string _folder;
    private readonly IReadOnlyList<Measured> _measured;
    private readonly Figure[] _figures;

    /// <summary>Of everything that was measured, at least one report.</summary>
    public Output(string folder, IReadOnlyList<Measured> measured)
    {
        _folder = folder;
        _measured = measured;
        _figures = [.. measured.Select(Figure.Of)];
    }

    private string FirstSource => _measured[0].Source.Name;

    private bool IsOffDiagonal => _measured.Any(one => one.Report.MainCosine == GeometryMeasure.MeanCosineOffDiagonal);

    private HtmlReportTable Table => new(
        "How condensed each model is",
        ["model", "parameters", "blocks", "texts", "embeddings", "last layer", "over other texts", "largest", "in layer", "last, minus the common mean", "trend (Spearman)", "over other texts", "Kendall τ-b", "p", "with depth it"],
        [.. _figures.Select(Row)])
    {
        Note = string.Create(CultureInfo.InvariantCulture, $"Mean cosines between the tokens of a text {(IsOffDiagonal ? "(different tokens)" : "(diagonal included, as published)")}, {_figures[0].Tokens} tokens of each text; intervals are 95 % bootstrap intervals over the texts. A trend is said only where it is more than chance, by the number of layers and over other texts."),
    };

    private static HtmlReportTable Published => new(
        "What was published (arXiv 2602.00217, read off its figures)",
        ["model", "trend (Spearman)", "Kendall τ-b"],
        [
            ["GPT-2", "0.40", "0.27"],
            ["GPT-2-medium", "about -0.05", ""],
            ["GPT-2-large", "about 0.1", ""],
            ["GPT-2-XL", "about -0.6", ""],
            ["Qwen3-0.6B", "0.90", "0.77"],
            ["Qwen3-32B", "-0.45", "-0.33"],
            ["Qwen2.5-0.5B", "0.95", "0.85"],
            ["BLOOM-560M", "1.0", ""],
            ["BLOOM-7.1B", "-0.43", ""],
        ]) { Note = "100 texts of 512 tokens of one kind, diagonal included: the defaults of this command. GPT-2's last layer is at about 0.95." };

    /// <summary>Writes everything, and says where.</summary>
    public void Write()
    {
        var pictures = new List<CondensationPicture>();
        foreach ((string name, CondensationPicture picture) in Pictures())
        {
            string file = Path.Combine(_folder, name + ".png");
            picture.SavePng(file);
            Tell(picture.Title, file);
            pictures.Add(picture);
        }

        HtmlReport.Write(Path.Combine(_folder, "index.html"), new HtmlReportContent([Table, Published], pictures) { Title = "Condensation, model by model" });
        Save("figures.csv", Csv());
        Save("layers.csv", Layers());
        Save("figures.json", JsonSerializer.Serialize(_figures, Json));
        Tell("page", Path.Combine(_folder, "index.html"));
    }

    /// <summary>Prints the table.</summary>
    public void Print()
    {
        var shown = new Table { Border = TableBorder.Rounded };
        shown.AddColumns("model", "texts", "last layer", "minus mean", "Spearman", "with depth it");
        foreach (Figure figure in _figures)
        {
            string[] row = Row(figure);
            shown.AddRow([.. new[] { row[0], row[3], $"{row[5]} ({row[6]})", row[9], $"{row[10]} ({row[11]})", row[14] }.Select(Markup.Escape)]);
        }

        AnsiConsole.Write(shown);
    }

    private IEnumerable<(string Name, CondensationPicture Picture)> Pictures()
    {
        Measured[] first = [.. _measured.Where(one => one.Source.Name == FirstSource)];
        foreach ((int i, Measured[] some) in first.Chunk(MostInOnePicture).Index())
        {
            CondensationReport[] reports = [.. some.Select(one => one.Report)];
            yield return (Numbered("heat-maps", i), CondensationPlots.HeatMaps(reports));
            yield return (Numbered("trend-by-depth", i), CondensationPlots.Trend(reports, IsOffDiagonal));
        }

        (string Name, IReadOnlyList<CondensationReport> Reports)[] families = [.. first.GroupBy(one => one.Model.Family).Select(family => (family.Key, (IReadOnlyList<CondensationReport>)[.. family.Select(one => one.Report)]))];
        foreach ((int i, (string Name, IReadOnlyList<CondensationReport> Reports)[] some) in families.Chunk(MostInOnePicture).Index())
        {
            yield return (Numbered("trend-by-size", i), CondensationPlots.TrendBySize(some));
            yield return (Numbered("last-layer-by-size", i), CondensationPlots.LastCosineBySize(some));
        }

        foreach ((int i, IGrouping<NamedModel, Measured> model) in _measured.GroupBy(one => one.Model).Where(model => model.Count() > 1).Index())
        {
            foreach ((int part, Measured[] some) in model.Chunk(MostInOnePicture).Index())
            {
                yield return (Numbered(FormattableString.Invariant($"by-text-source-{i + 1}"), part), CondensationPlots.TextSources([.. some.Select(one => (one.Source.Name, one.Report))], IsOffDiagonal));
            }
        }
    }

    private static string Numbered(string name, int index) => index == 0 ? name : FormattableString.Invariant($"{name}-page-{index + 1}");

    private static string[] Row(Figure figure) =>
    [
        figure.Model,
        figure.Parameters.ToString("N0", CultureInfo.InvariantCulture),
        figure.Blocks.ToString(CultureInfo.InvariantCulture),
        FormattableString.Invariant($"{figure.Source}, {figure.Texts}"),
        Cosine(figure.FirstCosine),
        Cosine(figure.LastCosine),
        Range(figure.LastCosineLower, figure.LastCosineUpper, "0.000"),
        Cosine(figure.PeakCosine),
        figure.PeakLayer.ToString(CultureInfo.InvariantCulture),
        Cosine(figure.LastCentred),
        Signed(figure.Spearman),
        Range(figure.SpearmanLower, figure.SpearmanUpper, "+0.00;-0.00;0.00"),
        Signed(figure.KendallTauB),
        figure.PValue.ToString("0.000", CultureInfo.InvariantCulture),
        figure.Word,
    ];

    private static string Cosine(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);

    private static string Signed(double value) => value.ToString("+0.00;-0.00;0.00", CultureInfo.InvariantCulture);

    private static string Range(double? lower, double? upper, string format) =>
        lower is null || upper is null ? "under ten texts" : string.Create(CultureInfo.InvariantCulture, $"{lower.Value.ToString(format, CultureInfo.InvariantCulture)} to {upper.Value.ToString(format, CultureInfo.InvariantCulture)}");

    private string Csv()
    {
        System.Reflection.PropertyInfo[] columns = typeof(Figure).GetProperties();
        var csv = new CsvText();
        csv.Add(columns.Select(column => JsonNamingPolicy.CamelCase.ConvertName(column.Name)));
        foreach (Figure figure in _figures)
        {
            csv.Add(columns.Select(column => Convert.ToString(column.GetValue(figure), CultureInfo.InvariantCulture) ?? string.Empty));
        }

        return csv.ToString();
    }

    /// <summary>The reports' own tables under one head, the source before the columns.</summary>
    private string Layers()
    {
        var text = new StringBuilder();
        foreach ((int i, Measured one) in _measured.Index())
        {
            string[] lines = one.Report.ToCsv().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
            text.Append(i == 0 ? $"source,{lines[0]}\r\n" : string.Empty);
            foreach (string line in lines.Skip(1))
            {
                text.Append(CultureInfo.InvariantCulture, $"{one.Source.Name},{line}\r\n");
            }
        }

        return text.ToString();
    }

    private void Save(string name, string text)
    {
        string file = Path.Combine(_folder, name);
        WholeFile.Write(file, Encoding.UTF8.GetBytes(text));
        Tell("figures", file);
    }

    private static void Tell(string what, string file) => Console.WriteLine($"{what}: {file}");
}
