namespace MLNet.Dispersion.Benchmarks.RealData;

/// <summary>A labelled set on disk: a folder with <c>train.tsv</c> and <c>validation.tsv</c> or <c>dev.tsv</c>, tab-separated, with a header that names the columns <c>label</c> and <c>text</c>.</summary>
internal sealed class DataSet
{
    private readonly LabelledText[] _train;
    private readonly LabelledText[] _test;

    private DataSet(string folder)
    {
        Name = Path.GetFileName(folder);
        _train = Read(Path.Combine(folder, "train.tsv"));
        string validation = Path.Combine(folder, "validation.tsv");
        _test = Read(File.Exists(validation) ? validation : Path.Combine(folder, "dev.tsv"));
    }

    /// <summary>The folder's name.</summary>
    public string Name { get; }

    /// <summary>The sets in a folder.</summary>
    public static IReadOnlyList<DataSet> In(string folder, IReadOnlyCollection<string> names) =>
        [.. Directory.EnumerateDirectories(folder).Where(path => File.Exists(Path.Combine(path, "train.tsv")) && (names.Count == 0 || names.Contains(Path.GetFileName(path)))).Order(StringComparer.Ordinal).Select(path => new DataSet(path))];

    /// <summary>Rows to train on, drawn by a seed, and rows to test on.</summary>
    /// <param name="size">How many to train on.</param>
    /// <param name="seed">Of the draw.</param>
    /// <param name="fresh">Whether rows of the train file that no draw takes are tested on, at most 700, instead of the other file's.</param>
    /// <param name="testDraw">The seed that draws those rows.</param>
    public Fold Draw(TrainingSize size, int seed, bool fresh, int testDraw)
    {
        LabelledText[] pool = [.. _train];
        LabelledText[] test = _test;
        if (fresh)
        {
            new Random(testDraw).Shuffle(pool);
            int tests = Math.Min(MostFreshRows, pool.Length * 3 / 10);
            (test, pool) = (pool[..tests], pool[tests..]);
        }

        new Random(seed).Shuffle(pool);
        LabelledText[] train = size.PerClass is { } most
            ? [.. pool.GroupBy(row => row.Label).OrderBy(group => group.Key, StringComparer.Ordinal).SelectMany(group => group.Take(most))]
            : [.. pool.Take(size.Rows!.Value)];
        new Random(seed).Shuffle(train);
        return new Fold(train, test, seed, size.IsLong ? (int)Math.Clamp(Math.Ceiling(LongEpochsOfOneRow / Math.Sqrt(train.Length)), 3, 20) : null);
    }

    /// <summary>The draw of test rows that the recorded tables were first made with.</summary>
    public const int FirstTestDraw = 20261;

    private const double LongEpochsOfOneRow = 96;
    private const int MostFreshRows = 700;

    private static LabelledText[] Read(string path)
    {
        string[] lines = File.ReadAllLines(path);
        string[] header = lines[0].Split('\t');
        int label = Array.IndexOf(header, "label"), text = Array.IndexOf(header, "text");
        if (label < 0 || text < 0)
        {
            throw new InvalidDataException($"{path}: the header must name the columns label and text; it is '{lines[0]}'.");
        }

        return [.. lines.Skip(1).Select(line => line.Split('\t')).Select(cells => new LabelledText { Label = cells[label], Text = cells[text] })];
    }
}

/// <summary>How many rows to train on, so many of each class, or so many in all, and whether for long.</summary>
/// <param name="PerClass">Of each class, as far as there are so many; null where the sum is given.</param>
/// <param name="Rows">In all; null where those of a class are given.</param>
/// <param name="IsLong">Whether for about twice the default's epochs.</param>
internal sealed record TrainingSize(int? PerClass, int? Rows, bool IsLong)
{
    public override string ToString() => (PerClass is { } most ? $"{most} rows a class" : $"{Rows} rows") + (IsLong ? ", long" : "");
}

/// <summary>Rows of one run.</summary>
/// <param name="Train">To learn from.</param>
/// <param name="Test">To test on.</param>
/// <param name="Seed">Of draw and training.</param>
/// <param name="Epochs">Of fine-tuning; null for the default's.</param>
internal sealed record Fold(LabelledText[] Train, LabelledText[] Test, int Seed, int? Epochs = null)
{
    /// <summary>Labels in the order in which ML.NET's key values meet them.</summary>
    public string[] Classes { get; } = [.. Train.Select(row => row.Label).Distinct()];
}
