using System.CommandLine;
using System.Text.Json;
using MLNet.Dispersion;
using MLNet.Dispersion.Benchmarks;
using MLNet.Dispersion.Benchmarks.SyntheticTasks;

IReadOnlyList<SyntheticTask> all = [new MultiLabelTask(), new QuestionTask(), new RankingTask(), new InstructionTask()];
var tasks = new Option<string[]>("--task") { Description = "Which: " + string.Join(", ", all.Select(task => task.Name)) + ". None for all.", DefaultValueFactory = _ => [], AllowMultipleArgumentsPerToken = true };
var rows = new Option<int>("--rows") { Description = "Training rows, drawn anew for each seed.", DefaultValueFactory = _ => 400 };
var test = new Option<int>("--test-rows") { Description = "Test rows, the same for all seeds.", DefaultValueFactory = _ => 300 };
var seeds = new Option<int[]>("--seed") { Description = "Seeds of rows and training.", DefaultValueFactory = _ => [1, 2, 3], AllowMultipleArgumentsPerToken = true };
var coefficients = new Option<double[]>("--coefficient") { Description = "Of the dispersion loss.", DefaultValueFactory = _ => [0, 0.1], AllowMultipleArgumentsPerToken = true };
var epochs = new Option<int?>("--epochs") { Description = "Epochs; none for the default." };
var model = new Option<DirectoryInfo?>("--model") { Description = "A checkpoint directory in place of the embedded model." };
var results = new Option<FileInfo?>("--results") { Description = "JSON lines that runs are appended to; runs that stand there are not done again." };
var write = new Option<DirectoryInfo?>("--write") { Description = "Writes the rows of the first seed and the test rows there, as JSON lines, and trains nothing." };
var root = new RootCommand("Tasks for which there is no real set at hand, on rows that this program makes, with a known ceiling and a trivial baseline. They show that the tasks learn; of usefulness they say nothing.")
{
    tasks, rows, test, seeds, coefficients, epochs, model, results, write,
};
root.SetAction(arguments =>
{
    string[] chosen = arguments.GetValue(tasks)!;
    if (chosen.FirstOrDefault(name => all.All(task => task.Name != name)) is { } unknown)
    {
        throw new ArgumentException($"--task {unknown} is not known; these are: {string.Join(", ", all.Select(task => task.Name))}.");
    }

    ModelSource? backbone = arguments.GetValue(model) is { } directory ? ModelSource.FromDirectory(directory.FullName) : null;
    var lines = new RunLines(arguments.GetValue(results)?.FullName);
    int[] drawn = arguments.GetValue(seeds)!;
    int learned = arguments.GetValue(rows), measured = arguments.GetValue(test);
    foreach (SyntheticTask task in all.Where(task => chosen.Length == 0 || chosen.Contains(task.Name)))
    {
        if (arguments.GetValue(write) is { } folder)
        {
            folder.Create();
            Write(Path.Combine(folder.FullName, $"{task.Name}.train.jsonl"), task.Draw(learned, drawn[0]));
            Write(Path.Combine(folder.FullName, $"{task.Name}.test.jsonl"), task.Draw(measured, SyntheticTask.TestSeed));
            continue;
        }

        string passes = arguments.GetValue(epochs) is { } named ? FormattableString.Invariant($", {named} epochs") : "";
        string set = FormattableString.Invariant($"synthetic {task.Name}, {learned} training rows, {measured} test rows, {(backbone ?? task.Embedded).Name}{passes}");
        foreach (int seed in drawn)
        {
            lines.Do(set, task.BaselineName, seed, () => task.Baseline(learned, measured, seed));
            lines.Do(set, "ceiling", seed, () => task.Ceiling(measured));
            foreach (double coefficient in arguments.GetValue(coefficients)!)
            {
                var options = new FineTuneOptions { Seed = seed, Epochs = arguments.GetValue(epochs), Dispersion = { Coefficient = coefficient }, GeometryProbe = null };
                lines.Do(set, FormattableString.Invariant($"fine-tuned, coefficient {coefficient}"), seed, () => task.FineTune(backbone ?? task.Embedded, options, learned, measured, seed));
            }
        }

        Console.WriteLine(lines.Table(set, task.Figure, task.BaselineName));
    }
});
return root.Parse(args).Invoke();

static void Write(string path, IEnumerable<object> rows) => File.WriteAllLines(path, rows.Select(row => JsonSerializer.Serialize(row, row.GetType())));
