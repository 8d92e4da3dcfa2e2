namespace MLNet.Dispersion.Examples.Diagnose;

/// <summary>Writes the tables to the console and the report, its figures and its heat map to files.</summary>
internal sealed class Output
{
    private readonly string _path;

    /// <summary>Makes the directory where it is missing: better now than after measuring.</summary>
    public Output(string path)
    {
        _path = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(_path) ?? throw new UserException($"--out: '{path}' names no file. Add one, such as report.html."));
    }

    /// <summary>Writes everything.</summary>
    public void Write(IReadOnlyList<CondensationReport> reports)
    {
        foreach (CondensationReport report in reports)
        {
            Console.WriteLine(report);
        }

        if (reports.Count == 2)
        {
            Console.WriteLine(reports[0].CompareTo(reports[1]));
        }

        HtmlReport.Write(_path, new HtmlReportContent(reports));
        Tell("report", _path);
        Save("heat map", ".png", CondensationPlots.HeatMaps(reports));
        Save("trend with depth", ".trend.png", CondensationPlots.Trend(reports));
        Save("singular values", ".spectra.png", CondensationPlots.Spectra(reports[0]));
        if (reports[0].Cone is not null)
        {
            Save("picture of what carries the cone", ".cone.png", CondensationPlots.Cone(reports[0]));
        }

        for (int i = 0; i < reports.Count; i++)
        {
            string figures = Path.ChangeExtension(_path, i == 0 ? ".json" : ".compare.json");
            reports[i].Save(figures);
            Tell("figures of " + reports[i].Model, figures);
        }
    }

    private void Save(string what, string extension, CondensationPicture picture)
    {
        string file = Path.ChangeExtension(_path, extension);
        picture.SavePng(file);
        Tell(what, file);
    }

    private static void Tell(string what, string file) => Console.WriteLine($"Wrote the {what}: {file}");
}
