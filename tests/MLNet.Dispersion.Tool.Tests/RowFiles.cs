using System.Globalization;

namespace MLNet.Dispersion.Tool.Tests;

/// <summary>The files that commands read, written into a test's folder.</summary>
internal static class RowFiles
{
    /// <summary>Writes a file and returns its path.</summary>
    public static string Write(this TemporaryFolder folder, string name, params IEnumerable<string> lines)
    {
        File.WriteAllLines(folder.File(name), lines);
        return folder.File(name);
    }

    /// <summary>A CSV of texts of three kinds, columns named topic and message.</summary>
    public static string Tickets(this TemporaryFolder folder, string name = "tickets.csv", int rows = 48, int seed = 1)
    {
        (string[] texts, int[] labels) = TinyBackbone.LabelledTexts(rows, seed: seed);
        string[] kinds = ["billing", "fault", "shipping"];
        return folder.Write(name, ["topic,message", .. texts.Zip(labels, (text, label) => string.Create(CultureInfo.InvariantCulture, $"{kinds[label]},\"{text}, thanks\""))]);
    }
}
