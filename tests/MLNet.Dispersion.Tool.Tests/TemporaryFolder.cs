using System.Globalization;

namespace MLNet.Dispersion.Tool.Tests;

/// <summary>A folder of one test's own, deleted at the end, with the files that commands read.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("mlnet-dispersion-tool-");

    public string FullName => _folder.FullName;

    /// <summary>The absolute path of a file in the folder.</summary>
    public string File(string name) => Path.Combine(_folder.FullName, name);

    /// <summary>Writes a file and returns its path.</summary>
    public string Write(string name, params IEnumerable<string> lines)
    {
        System.IO.File.WriteAllLines(File(name), lines);
        return File(name);
    }

    /// <summary>A CSV of texts of three kinds, columns named topic and message.</summary>
    public string Tickets(string name = "tickets.csv", int rows = 48, int seed = 1)
    {
        (string[] texts, int[] labels) = Dispersion.Tests.TinyBackbone.LabelledTexts(rows, seed: seed);
        string[] kinds = ["billing", "fault", "shipping"];
        return Write(name, ["topic,message", .. texts.Zip(labels, (text, label) => string.Create(CultureInfo.InvariantCulture, $"{kinds[label]},\"{text}, thanks\""))]);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
