using MLNet.Dispersion.Diagnostics;
using MLNet.Dispersion.Plots;

namespace MLNet.Dispersion.Examples.Diagnose;

/// <summary>Writes the tables to the console and the report, its figures and its heat map to files.</summary>
internal sealed class Output(string path)
{
    /// <summary>Writes everything; the directory is made where it is missing.</summary>
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

        string full = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        HtmlReport.Write(full, new HtmlReportContent(reports));
        Tell("report", full);
        string picture = Path.ChangeExtension(full, ".png");
        CondensationPlots.HeatMaps(reports).SavePng(picture);
        Tell("heat map", picture);
        for (int i = 0; i < reports.Count; i++)
        {
            string figures = Path.ChangeExtension(full, i == 0 ? ".json" : ".compare.json");
            reports[i].Save(figures);
            Tell("figures of " + reports[i].Model, figures);
        }
    }

    private static void Tell(string what, string file) => Console.WriteLine($"Wrote the {what}: {file}");
}
