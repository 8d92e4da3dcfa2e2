namespace MLNet.Dispersion;

/// <summary>Makes heat maps of reports and of snapshots.</summary>
internal static class HeatMapPlot
{
    /// <summary>The most heat maps in one picture.</summary>
    public const int MostPanels = 12;

    private const string ReportCure = $"measure with {nameof(CondensationReportOptions)}.{nameof(CondensationReportOptions.Histograms)} = true (the default)";
    private const string SnapshotCure = "train with GeometryProbeOptions.Histograms = true (the default)";

    /// <summary>Of one model or several.</summary>
    public static HeatMapFigure OfReports(IReadOnlyList<CondensationReport> reports)
    {
        CheckCount(reports.Count, nameof(reports), "report");
        HeatMapPanel[] panels = [.. reports.Select(report => new HeatMapPanel(SafeText.Name(report.Model), report.Profile, ReportCure))];
        string title = panels.Length == 1 ? $"Embedding condensation of {panels[0].Name}" : "Embedding condensation of " + string.Join(", ", panels.Select(panel => panel.Name));
        return new HeatMapFigure(title, panels, Notes(panels));
    }

    /// <summary>Of moments of one training: the first, the last and moments spread evenly between them.</summary>
    public static HeatMapFigure OfSnapshots(IReadOnlyList<GeometrySnapshot> history, int panels)
    {
        CheckCount(history.Count == 0 ? 0 : panels, history.Count == 0 ? nameof(history) : nameof(panels), "snapshot");
        int count = Math.Min(panels, history.Count);
        int[] chosen = [.. Enumerable.Range(0, count).Select(i => count == 1 ? history.Count - 1 : (int)Math.Round(i * (history.Count - 1) / (double)(count - 1)))];
        HeatMapPanel[] maps = [.. chosen.Select(i => new HeatMapPanel(FormattableString.Invariant($"step {history[i].Step:N0}"), history[i].Profile, SnapshotCure))];
        return new HeatMapFigure("Embedding condensation during training", maps, Notes(maps));
    }

    private static void CheckCount(int count, string name, string what)
    {
        if (count is < 1 or > MostPanels)
        {
            throw new ArgumentException($"A picture holds 1..{MostPanels} heat maps, and {count} {what}s were to be shown: pass at least one, and make several pictures of more.", name);
        }
    }

    private static List<string> Notes(HeatMapPanel[] panels)
    {
        var notes = new List<string>();
        if (panels.Length == 1)
        {
            notes.Add($"White line: mean cosine, diagonal included. {Wording.Trend(panels[0].Profile.Trend)} between it and depth.");
        }
        else
        {
            notes.Add("White lines: mean cosine, diagonal included. Its trend with depth:");
            notes.AddRange(panels.Select(panel => $"{panel.Name}: {Wording.Trend(panel.Profile.Trend)}."));
        }

        string[] samples = [.. panels.Select(panel => $"{Wording.Sample(panel.Profile)}; {Wording.Averaging(panel.Profile)}.").Distinct()];
        notes.AddRange(samples.Length == 1 ? samples : panels.Select((panel, i) => $"{panel.Name}: {Wording.Sample(panel.Profile)}; {Wording.Averaging(panel.Profile)}."));
        notes.AddRange(panels.Where(panel => panel.LayersWithout > 0).Select(panel => $"{panel.Name}: {panel.LayersWithout} layers without a histogram are left blank."));
        return notes;
    }
}
