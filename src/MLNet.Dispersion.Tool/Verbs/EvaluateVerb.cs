using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.ML;

namespace MLNet.Dispersion.Tool;

/// <summary>Judges a model.zip on a file of rows.</summary>
internal sealed class EvaluateVerb : IVerb
{
    private readonly Argument<string> _model = new("model") { Description = "The model.zip." };
    private readonly Argument<string> _data = new("data") { Description = $"The rows: {RowFile.Formats}, with the columns that the model was trained on; for a language model a .txt file, one text a line, as well." };
    private readonly Option<string?> _label = Options.Text("--label", "The column of true labels. Default: the one that the model was trained on.");

    /// <inheritdoc/>
    public Command Describe() => new("evaluate", "Judges a model.zip on a file of rows: figures with 95 % intervals over other rows.") { _model, _data, _label };

    /// <inheritdoc/>
    public void Run(CommandContext context)
    {
        MLContext ml = context.NewContext(seed: 1);
        using ModelZip zip = ModelZip.Load(ml, context.Get(_model));
        RowTask task = RowTask.Of(zip.Transformer);
        RowColumns columns = ColumnsOf(context, zip, task);
        RowTable table = task is LanguageTask && Path.GetExtension(context.Get(_data)).Equals(".txt", StringComparison.OrdinalIgnoreCase)
            ? new RowTable(context.Get(_data), [new RowColumn(columns.Text, (IReadOnlyList<string?>)[.. TextFiles.Lines(context.Get(_data))])], lines: null)
            : RowFile.Read(context.Get(_data));
        IReadOnlyList<string>? labels = zip.Transformer is FineTunedTextTransformer { ScoreNames: { Count: > 0 } names } ? names : null;
        IDataView rows = task.ToData(table, columns, labels);
        context.Tell(string.Create(CultureInfo.InvariantCulture, $"Scoring {table.Count} rows ..."));
        IReadOnlyList<Figure> figures = task.Judge(ml, zip.Transformer, zip.Transform(rows), columns.Label);
        context.Write(
            () => new JsonObject { ["model"] = context.Get(_model), ["rows"] = table.Count, ["level"] = 0.95, ["figures"] = Figure.Json(figures) },
            () => string.Create(CultureInfo.InvariantCulture, $"{table.Count} rows\n\n{Figure.Table(figures)}"));
    }

    // Beside the texts, the pipeline's own columns have the label.
    private RowColumns ColumnsOf(CommandContext context, ModelZip zip, RowTask task)
    {
        string? second = (zip.Transformer as FineTunedTextTransformer)?.SecondTextColumnName;
        string[] others = [.. zip.Schema.Select(column => column.Name).Where(name => name != zip.Transformer.TextColumnName && name != second)];
        string? label = context.Get(_label) ?? (task is LanguageTask ? null : others.Contains("Label") ? "Label" : others.FirstOrDefault());
        if (label is null && task.NeedsLabel)
        {
            throw new ToolException("The model does not say which column its labels came from. Name it by --label.");
        }

        return new RowColumns(zip.Transformer.TextColumnName, second, label, Weight: null);
    }
}
