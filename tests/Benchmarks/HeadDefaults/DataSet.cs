namespace MLNet.Dispersion.Benchmarks.HeadDefaults;

/// <summary>A labelled set, <c>train.tsv</c> of a folder with the columns <c>label</c> and <c>text</c>, cut into two halves: one to choose defaults by, one to check them.</summary>
internal sealed class DataSet
{
    private const int SplitSeed = 20260;
    private const int MostTestRows = 700;
    private readonly LabelledRows _all;

    public DataSet(string folder, string name)
    {
        string path = Path.Combine(folder, name, "train.tsv");
        string[] lines = File.ReadAllLines(path);
        string[] header = lines[0].Split('\t');
        int label = Array.IndexOf(header, "label");
        int text = Array.IndexOf(header, "text");
        if (label < 0 || text < 0)
        {
            throw new InvalidDataException($"{path}: the header must name the columns label and text; it is '{lines[0]}'.");
        }

        string[][] cells = [.. lines.Skip(1).Select(line => line.Split('\t'))];
        string[] classes = [.. cells.Select(row => row[label]).Distinct().Order(StringComparer.Ordinal)];
        _all = new LabelledRows([.. cells.Select(row => row[text])], [.. cells.Select(row => Array.IndexOf(classes, row[label]))], classes.Length);
    }

    /// <summary>Rows to train on, drawn by a seed, and rows to test on, which all seeds of a half have in common.</summary>
    /// <param name="part">Which half.</param>
    /// <param name="size">How many to train on.</param>
    /// <param name="seed">Of the draw.</param>
    public (LabelledRows Train, LabelledRows Test) Draw(Part part, TrainingSize size, int seed)
    {
        int[] order = [.. Enumerable.Range(0, _all.Texts.Length)];
        new Random(SplitSeed).Shuffle(order);
        int middle = order.Length / 2;
        int[] own = part == Part.Choose ? order[..middle] : order[middle..];
        int tests = Math.Min(MostTestRows, own.Length * 3 / 10);
        int[] pool = own[tests..];
        new Random(seed).Shuffle(pool);
        int[] train = size.PerClass is { } most
            ? [.. pool.GroupBy(row => _all.Labels[row]).OrderBy(group => group.Key).SelectMany(group => group.Take(most))]
            : [.. pool.Take(size.Rows!.Value)];
        return (_all.At(train), _all.At(own.Take(tests)));
    }
}

/// <summary>Which half of a set's rows.</summary>
internal enum Part
{
    /// <summary>The one by which defaults are chosen.</summary>
    Choose,

    /// <summary>The one by which they are checked.</summary>
    Check,
}

/// <summary>How many rows to train on: so many of each class, or so many in all.</summary>
/// <param name="PerClass">Of each class, as far as there are so many; null where the sum is given.</param>
/// <param name="Rows">In all; null where those of a class are given.</param>
internal sealed record TrainingSize(int? PerClass, int? Rows)
{
    public override string ToString() => PerClass is { } most ? $"{most} a class" : $"{Rows} rows";
}
