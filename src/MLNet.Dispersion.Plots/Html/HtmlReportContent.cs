namespace MLNet.Dispersion;

/// <summary>What <see cref="HtmlReport"/> shows. Immutable and thread-safe.</summary>
/// <remarks>All names may be any text: they are escaped.</remarks>
public sealed class HtmlReportContent
{
    private const int MostReports = 12;

    private readonly IReadOnlyList<(string Name, IReadOnlyList<GeometrySnapshot> History)> _trainings = [];
    private readonly IReadOnlyList<HtmlReportTable> _tables = [];
    private readonly string _title = "Embedding condensation report";

    /// <summary>Makes a report about models.</summary>
    /// <param name="reports">1..12 measured models; of two, the first is taken as before and the second as after, and a table compares them.</param>
    /// <exception cref="ArgumentException">There are too few or too many.</exception>
    public HtmlReportContent(IReadOnlyList<CondensationReport> reports)
    {
        ArgumentNullException.ThrowIfNull(reports);
        if (reports.Count is < 1 or > MostReports)
        {
            throw new ArgumentException($"A page shows 1..{MostReports} models, and {reports.Count} reports were passed: pass at least one, and write several pages for more.", nameof(reports));
        }

        Reports = Array.AsReadOnly(reports.Select(report => report ?? throw new ArgumentNullException(nameof(reports))).ToArray());
    }

    /// <summary>Makes a page of tables and pictures of your own, without measured models.</summary>
    /// <param name="tables">The tables, at least one.</param>
    /// <param name="pictures">The pictures, shown after the first table.</param>
    /// <exception cref="ArgumentException">There is no table.</exception>
    public HtmlReportContent(IReadOnlyList<HtmlReportTable> tables, IReadOnlyList<CondensationPicture> pictures)
    {
        ArgumentNullException.ThrowIfNull(tables);
        ArgumentNullException.ThrowIfNull(pictures);
        if (tables.Count == 0)
        {
            throw new ArgumentException("A page without models needs at least one table.", nameof(tables));
        }

        Reports = [];
        Tables = tables;
        Pictures = [.. pictures];
    }

    /// <summary>Gets the measured models; none on a page of tables and pictures.</summary>
    public IReadOnlyList<CondensationReport> Reports { get; }

    /// <summary>Gets the page's title. Default <c>Embedding condensation report</c>; not empty.</summary>
    public string Title
    {
        get => _title;
        init => _title = string.IsNullOrWhiteSpace(value) ? throw new ArgumentException("The title is empty; leave it out for the default.", nameof(value)) : value;
    }

    /// <summary>Gets the day that the page names. Default: now.</summary>
    public DateTimeOffset Date { get; init; } = DateTimeOffset.Now;

    /// <summary>Gets tables of your own, such as the outcome of an experiment, shown first. Default none.</summary>
    public IReadOnlyList<HtmlReportTable> Tables
    {
        get => _tables;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            _tables = [.. value.Select(table => table ?? throw new ArgumentNullException(nameof(value)))];
        }
    }

    /// <summary>Gets pictures of your own, each with its description below it.</summary>
    public IReadOnlyList<CondensationPicture> Pictures { get; } = [];

    /// <summary>Gets the histories of trainings, each with a name (such as <c>transformer.GeometryHistory</c>): at most 12, none of them empty. Default none.</summary>
    public IReadOnlyList<(string Name, IReadOnlyList<GeometrySnapshot> History)> Trainings
    {
        get => _trainings;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            if (value.Count > MostReports || value.Any(training => training.Name is null || training.History is not { Count: > 0 }))
            {
                throw new ArgumentException($"A page shows at most {MostReports} trainings, each with a name and at least one snapshot; leave out those without.", nameof(value));
            }

            _trainings = [.. value];
        }
    }
}
