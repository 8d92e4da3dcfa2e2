using Microsoft.ML;

namespace MLNet.Dispersion.Benchmarks.SyntheticTasks;

/// <summary>A question about a thing, and its one right answer.</summary>
internal sealed class KindRow
{
    public string Prompt { get; set; } = "";

    public string Completion { get; set; } = "";
}

/// <summary>What a model adds that answers.</summary>
internal sealed class AnsweredRow
{
    public string Completion { get; set; } = "";

    public string Answer { get; set; } = "";
}

/// <summary>What kind of thing a thing is, asked in several ways; each thing is taught in some of them and tested in others.</summary>
internal sealed class InstructionTask : SyntheticTask<KindRow>
{
    private static readonly (string Kind, string[] Things)[] Kinds =
    [
        ("animal", ["dog", "cat", "horse", "cow", "sheep", "lion", "bear", "wolf"]),
        ("fruit", ["apple", "pear", "cherry", "plum", "peach", "grape", "lemon", "orange"]),
        ("colour", ["red", "green", "blue", "yellow", "white", "black", "brown", "grey"]),
        ("tool", ["hammer", "saw", "knife", "axe", "spade", "drill", "file", "rake"]),
    ];

    private static readonly string[] Asked = ["What kind of thing is \"{0}\"? It is", "The word {0} is the name of", "Say what {0} is. Answer:", "{0} belongs to which kind? To", "One of these kinds has {0} in it:"];

    public override string Name => "instructions";

    public override string Figure => "right answers";

    public override string BaselineName => "the most frequent answer";

    public override ModelSource Embedded => ModelSource.TinyEnglish;

    public override double Baseline(int rows, int testRows, int seed)
    {
        string most = Rows(rows, seed).CountBy(row => row.Completion).MaxBy(answer => answer.Value).Key;
        return Test(testRows).Average(row => row.Completion == most ? 1.0 : 0);
    }

    public override double Ceiling(int testRows) => 1;

    public override double FineTune(ModelSource backbone, FineTuneOptions options, int rows, int testRows, int seed)
    {
        var ml = new MLContext(seed);
        var tuning = new FineTuneInstructionsOptions { Backbone = backbone, Training = options, AsChat = false, Generation = { MaxNewTokens = 4, Temperature = 0 } };
        using var model = ml.Transforms.Text.FineTuneInstructionsWithDispersion(tuning).Fit(ml.Data.LoadFromEnumerable(Rows(rows, seed)));
        return ml.Data.CreateEnumerable<AnsweredRow>(model.Transform(ml.Data.LoadFromEnumerable(Test(testRows))), reuseRowObject: false).Average(row => row.Answer.Trim() == row.Completion.Trim() ? 1.0 : 0);
    }

    protected override KindRow[] Rows(int count, int seed)
    {
        var random = new Random(seed);
        (string Kind, string Thing, int Number)[] things = [.. Kinds.SelectMany(kind => kind.Things.Select(thing => (kind.Kind, thing))).Select((pair, number) => (pair.Kind, pair.thing, number))];
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            // Of the five ways of asking for a thing one is never taught: which, its number says.
            (string kind, string thing, int number) = Pick(random, things);
            int kept = number % Asked.Length, way = seed == TestSeed ? kept : (kept + 1 + random.Next(Asked.Length - 1)) % Asked.Length;
            return new KindRow { Prompt = string.Format(System.Globalization.CultureInfo.InvariantCulture, Asked[way], thing), Completion = " " + kind };
        })];
    }
}
