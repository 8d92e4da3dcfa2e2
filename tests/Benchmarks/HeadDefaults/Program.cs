using System.CommandLine;
using MLNet.Dispersion;
using MLNet.Dispersion.Benchmarks;
using MLNet.Dispersion.Benchmarks.HeadDefaults;

var data = new Option<DirectoryInfo>("--data") { Description = "Folder with one folder a set, each with a train.tsv that has the columns label and text." };
var results = new Option<FileInfo>("--results") { Description = "JSON lines that outcomes are appended to; runs that stand there are not done again.", Required = true };
var model = new Option<DirectoryInfo?>("--model") { Description = "A checkpoint directory in place of TinyEnglish." };
var sets = new Option<string[]>("--set") { Description = "Names of sets.", DefaultValueFactory = _ => ["trec6"], AllowMultipleArgumentsPerToken = true };
var perClass = new Option<int[]>("--per-class") { Description = "Training rows of each class.", DefaultValueFactory = _ => [], AllowMultipleArgumentsPerToken = true };
var rows = new Option<int[]>("--rows") { Description = "Training rows in all.", DefaultValueFactory = _ => [], AllowMultipleArgumentsPerToken = true };
var part = new Option<Part>("--part") { Description = "The half of each set's rows: Choose, or Check for rows by which nothing was chosen." };
var seeds = new Option<int[]>("--seed") { Description = "Seeds of draw and training.", DefaultValueFactory = _ => [1], AllowMultipleArgumentsPerToken = true };
var pooling = new Option<TextPooling[]>("--pooling") { Description = "Poolings; none for the default.", DefaultValueFactory = _ => [], AllowMultipleArgumentsPerToken = true };
var epochs = new Option<int[]>("--epochs") { Description = "Epochs; none for the default.", DefaultValueFactory = _ => [], AllowMultipleArgumentsPerToken = true };
var rate = new Option<double[]>("--rate") { Description = "Learning rates; none for the default.", DefaultValueFactory = _ => [], AllowMultipleArgumentsPerToken = true };
var headRate = new Option<double[]>("--head-rate") { Description = "Multiples of it for the head; none for the default.", DefaultValueFactory = _ => [], AllowMultipleArgumentsPerToken = true };
var warmup = new Option<double?>("--warm-up") { Description = "Warm-up ratio; none for the default." };
var heldOut = new Option<double?>("--held-out") { Description = "Share of rows held out; none for the default." };
var batch = new Option<int>("--batch") { Description = "Rows of a step.", DefaultValueFactory = _ => 16 };
var coefficient = new Option<double>("--coefficient") { Description = "Of the dispersion loss.", DefaultValueFactory = _ => 0.1 };
var smoothing = new Option<double>("--smoothing") { Description = "Of labels." };
var grid = new Option<bool>("--grid") { Description = "The grid around the defaults: rate x 1/3, 1, 3; epochs x 1/2, 1, 2; head rate 1 and 10; the defaults themselves first." };
var axes = new Option<bool>("--axes") { Description = "Of the grid only those settings that differ from the defaults in one number: a first look at a third of the time." };
var json = new Option<bool>("--json") { Description = "Print the table as JSON." };
var tableOnly = new Option<bool>("--table") { Description = "Run nothing: print the table of what the file holds." };
var root = new RootCommand("Accuracy of classifiers by rows, pooling and training numbers: what the defaults of heads are chosen and checked by.")
{
    data, results, model, sets, perClass, rows, part, seeds, pooling, epochs, rate, headRate, warmup, heldOut, batch, coefficient, smoothing, grid, axes, json, tableOnly,
};
root.SetAction(arguments =>
{
    var file = new ResultFile<Outcome>(arguments.GetRequiredValue(results).FullName);
    if (!arguments.GetValue(tableOnly))
    {
        ModelSource backbone = arguments.GetValue(model) is { } directory ? ModelSource.FromDirectory(directory.FullName) : ModelSource.TinyEnglish;
        TrainingSize[] sizes = [.. arguments.GetValue(perClass)!.Select(most => new TrainingSize(most, null)), .. arguments.GetValue(rows)!.Select(count => new TrainingSize(null, count))];
        foreach (Cell cell in from size in sizes
                              from seed in arguments.GetValue(seeds)!
                              from name in arguments.GetValue(sets)!
                              from way in OrDefault(arguments.GetValue(pooling)!)
                              from cell in Cells(backbone, name, size, seed, way, arguments)
                              select cell)
        {
            if (!file.Has(outcome => outcome.Cell == cell))
            {
                Outcome outcome = cell.Run(backbone, Set(name: cell.Set, arguments));
                file.Add(outcome);
                Console.Error.WriteLine(FormattableString.Invariant($"{cell.Set}, seed {cell.Seed}, {outcome.TrainingRows} rows, {outcome.Epochs} epochs at {outcome.Rate:0.##E+0}, head x {outcome.HeadRate}: {outcome.Accuracy:0.000} in {outcome.Seconds:0} s"));
            }
        }
    }

    var table = new ResultTable(file.Results);
    Console.WriteLine(arguments.GetValue(json) ? table.ToJson() : $"{table.ToMarkdown()}\n{new GridTable(file.Results).ToMarkdown()}");
});
return root.Parse(args).Invoke();

IEnumerable<T?> OrDefault<T>(IEnumerable<T> values)
    where T : struct => values.Select(value => (T?)value).DefaultIfEmpty();

DataSet Set(string name, ParseResult arguments) => new(arguments.GetRequiredValue(data).FullName, name);

IEnumerable<Cell> Cells(ModelSource backbone, string set, TrainingSize size, int seed, TextPooling? way, ParseResult arguments)
{
    var basis = new Cell(
        backbone.Name, set, size.PerClass, size.Rows, arguments.GetValue(part), seed, way, null, null, null, arguments.GetValue(warmup), arguments.GetValue(heldOut),
        arguments.GetValue(batch), arguments.GetValue(coefficient), arguments.GetValue(smoothing));
    if (!arguments.GetValue(grid) && !arguments.GetValue(axes))
    {
        return from count in OrDefault(arguments.GetValue(epochs)!)
               from speed in OrDefault(arguments.GetValue(rate)!)
               from head in OrDefault(arguments.GetValue(headRate)!)
               select basis with { Epochs = count, Rate = speed, HeadRate = head };
    }

    var (train, _) = Set(set, arguments).Draw(basis.Part, size, seed);
    FineTuneDefaults numbers = FineTuneDefaults.ForHead(train.Texts.Length, Weights(backbone, train.ClassCount), train.ClassCount);
    return new[] { basis }.Concat(
        from length in GridTable.Lengths
        from factor in GridTable.Rates
        from head in new[] { 1.0, 10 }
        let changed = new[] { length != 1, factor != 1, head != numbers.HeadLearningRateMultiplier }.Count(differs => differs)
        where changed > 0 && (changed == 1 || arguments.GetValue(grid))
        select basis with { Epochs = Math.Max(1, (int)Math.Round(numbers.Epochs * length)), Rate = numbers.LearningRate * factor, HeadRate = head });
}

long Weights(ModelSource backbone, int classes)
{
    using var loaded = PretrainedLanguageModel.Load(backbone);
    return loaded.Backbone.parameters().Sum(parameter => parameter.numel()) + ((long)loaded.Backbone.Info.FinalSize * classes);
}
