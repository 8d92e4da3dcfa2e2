using System.CommandLine;
using System.Text.Json.Nodes;
using Microsoft.ML;

namespace MLNet.Dispersion.Tool;

/// <summary>Asks whether the dispersion loss helps.</summary>
internal sealed class CompareVerb : IVerb
{
    private const int DefaultFolds = 5;

    private readonly RowArguments _rows = new();
    private readonly Option<string?> _test = Options.Text("--test", "A file of test rows. Default: cross-validation.");
    private readonly Option<int?> _folds = Options.Count("--folds", "Folds of the cross-validation. Default 5.");
    private readonly Option<int?> _seeds = Options.Count("--seeds", "Pairs of trainings, with the loss and without. Default 5.");
    private readonly Option<string?> _storage = Options.Text("--storage", "Keep finished trainings in this SQLite file: after an interruption the same command goes on with the rest.");
    private readonly Option<string?> _html = Options.Text("--html", "Write the result with pictures here.");
    private readonly Option<string?> _picture = Options.Text("--picture", "Write the picture of the differences here, as .png or .svg.");
    private readonly TrainingArguments _training = new();

    /// <inheritdoc/>
    public Command Describe()
    {
        var command = new Command("compare", "Says whether the dispersion loss helps on your rows: better, worse, no difference that matters, or cannot be told.");
        _rows.AddTo(command);
        Option[] own = [_test, _folds, _seeds, _storage, _html, _picture];
        foreach (Option option in own)
        {
            command.Options.Add(option);
        }

        _training.AddTo(command);
        return command;
    }

    /// <inheritdoc/>
    public void Run(CommandContext context)
    {
        Action<string, CondensationPicture>? draw = Pictures.Writer(context.Get(_picture));
        OutputPlace.RequireFile(_html.Name, context.Get(_html));
        RowTask task = _rows.Task(context);
        if (task is PairsTask)
        {
            throw new ToolException("Vectors of pairs are not compared from the command line, since no figure of single rows decides there. In code: ml.Dispersion().Compare with a metric of your own.");
        }

        RowTable table = _rows.Table(context);
        RowColumns columns = _rows.Columns(context, task);
        IReadOnlyList<string> labels = columns.Label is { } label ? task.LabelsOf(table, label) : [];
        IDataView train = task.ToData(table, columns, labels.Count > 0 ? labels : null);
        MLContext ml = context.NewContext(_training.Seed(context));
        string? storage = context.Get(_storage);
        context.AfterInterruption = () => storage is null
            ? "Nothing was kept. With --storage FILE the same command goes on with the trainings that are left."
            : $"Finished trainings are kept in '{storage}': the same command goes on with the rest.";
        ComparisonResult result;
        using (ProgressLine progress = context.Progress())
        {
            var options = new ComparisonOptions { Seeds = context.Get(_seeds) ?? new ComparisonOptions().Seeds, Seed = _training.Seed(context), StoragePath = storage, Progress = progress };
            IEstimator<ITransformer> pipeline = task.Pipeline(ml, columns, _training.Backbone(context), _training.Read(context, progress: null)).Whole;
            result = context.Get(_test) is { } test
                ? ml.Dispersion().Compare(pipeline, train, task.ToData(RowFile.Read(test), columns, labels.Count > 0 ? labels : null), options, context.Cancellation)
                : ml.Dispersion().Compare(pipeline, train, context.Get(_folds) ?? DefaultFolds, options, context.Cancellation);
        }

        if (context.Get(_html) is { } html)
        {
            result.WriteHtml(html);
            context.Tell($"Wrote the report: {html}");
        }

        if (context.Get(_picture) is { } picture)
        {
            draw!(picture, result.ToPictures()[0]);
            context.Tell($"Wrote the picture: {picture}");
        }

        context.Write(() => Json(result), result.ToString);
    }

    private static JsonObject Json(ComparisonResult result) => new()
    {
        ["verdict"] = Verdict.TextOf(result.Verdict.Word),
        ["seeds"] = result.Seeds,
        ["figures"] = new JsonArray([.. result.Figures.Select(figure => new JsonObject
        {
            ["name"] = figure.Name,
            ["plain"] = Figure.Finite(figure.Plain),
            ["withDispersion"] = Figure.Finite(figure.WithDispersion),
            ["betterBy"] = Figure.Finite(figure.Verdict.Interval.Estimate),
            ["lower"] = Figure.Finite(figure.Verdict.Interval.Lower),
            ["upper"] = Figure.Finite(figure.Verdict.Interval.Upper),
            ["level"] = figure.Verdict.Interval.Level,
            ["word"] = Verdict.TextOf(figure.Verdict.Word),
        })]),
    };
}
