using System.CommandLine;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion.Tool;

/// <summary>Trains a model on a file of rows.</summary>
internal sealed class FineTuneVerb : IVerb
{
    private readonly RowArguments _rows = new();
    private readonly Option<string> _out = new("--out", "-o") { Description = "The model.zip to write, for ml.Model.Load.", DefaultValueFactory = _ => "model.zip" };
    private readonly Option<string?> _validation = Options.Text("--validation", "A file of rows to choose the best weights by, in the place of a share of the training rows.");
    private readonly TrainingArguments _training = new();
    private readonly CheckpointArguments _checkpoints = new();

    /// <inheritdoc/>
    public Command Describe()
    {
        var command = new Command("finetune", "Fine-tunes a model on a file of rows, and writes a model.zip.");
        _rows.AddTo(command);
        command.Options.Add(_out);
        command.Options.Add(_validation);
        _training.AddTo(command);
        _checkpoints.AddTo(command);
        return command;
    }

    /// <inheritdoc/>
    public void Run(CommandContext context)
    {
        string output = context.Get(_out)!;
        OutputPlace.RequireFile(_out.Name, output);
        RowTask task = _rows.Task(context);
        RowTable table = _rows.Table(context);
        RowColumns columns = _rows.Columns(context, task);
        MLContext ml = context.NewContext(_training.Seed(context));
        IReadOnlyList<string> labels = columns.Label is { } label ? task.LabelsOf(table, label) : [];
        IDataView train = task.ToData(table, columns);
        IDataView? validation = context.Get(_validation) is { } path ? task.ToData(RowFile.Read(path), columns, labels) : null;

        TransformerChain<ITransformer> whole;
        TextTransformer model;
        using (ProgressLine progress = context.Progress())
        {
            FineTuneOptions options = _training.Read(context, progress);
            _checkpoints.Apply(context, options, progress);
            (whole, model) = task.Pipeline(ml, columns, _training.Backbone(context), options).Fit(train, validation);
        }

        using (model)
        {
            ml.Dispersion().SaveModel(whole, train.Schema, output);
            FineTuneResult result = Result(model);
            context.Write(() => TrainingReport.Json(result, output), () => TrainingReport.Text(result, output));
        }
    }

    private static FineTuneResult Result(TextTransformer model) => ((FineTunedTextTransformer)model).TrainingResult!;
}
