namespace MLNet.Dispersion.Benchmarks.RealData;

/// <summary>A labelled set on disk: tab-separated, with a header that names the columns <c>label</c> and <c>text</c>.</summary>
internal sealed record DataSet(string Name, string TrainFile, string TestFile)
{
    /// <summary>The sets that this benchmark knows, below one folder.</summary>
    public static IReadOnlyList<DataSet> In(string folder) =>
    [
        new("SST-2", Path.Combine(folder, "sst2", "train.tsv"), Path.Combine(folder, "sst2", "dev.tsv")),
        new("TREC-6", Path.Combine(folder, "trec6", "train.tsv"), Path.Combine(folder, "trec6", "validation.tsv")),
        new("AG News", Path.Combine(folder, "agnews", "train.tsv"), Path.Combine(folder, "agnews", "validation.tsv")),
    ];

    /// <summary>A seeded subsample of the training file.</summary>
    public LabelledText[] Train(int rows, int seed) => Sample(TrainFile, rows, seed);

    /// <summary>A fixed subsample of the test file, the same for every seed.</summary>
    public LabelledText[] Test(int rows) => Sample(TestFile, rows, seed: 0);

    private static LabelledText[] Sample(string path, int rows, int seed)
    {
        string[] lines = File.ReadAllLines(path);
        string[] header = lines[0].Split('\t');
        int label = Array.IndexOf(header, "label");
        int text = Array.IndexOf(header, "text");
        if (label < 0 || text < 0)
        {
            throw new InvalidDataException($"{path}: the header must name the columns label and text; it is '{lines[0]}'.");
        }

        string[] body = lines[1..];
        new Random(seed).Shuffle(body);
        return [.. body.Take(rows).Select(line => line.Split('\t')).Select(cells => new LabelledText { Label = cells[label], Text = cells[text] })];
    }
}
