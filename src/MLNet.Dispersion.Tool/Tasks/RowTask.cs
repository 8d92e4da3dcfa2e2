using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion.Tool;

/// <summary>A task on rows: how labels are read, which of the library's estimators learns it, and how answers are judged.</summary>
internal abstract class RowTask
{
    /// <summary>Whether the task needs a label column.</summary>
    public virtual bool NeedsLabel => true;

    /// <summary>The task of a name.</summary>
    public static RowTask Of(TaskKind kind) => kind switch
    {
        TaskKind.Classification => new ClassificationTask(),
        TaskKind.Binary => new BinaryTask(),
        TaskKind.Regression => new RegressionTask(),
        TaskKind.MultiLabel => new MultiLabelTask(),
        _ => new PairsTask(),
    };

    /// <summary>The task that a fitted model was made for.</summary>
    /// <exception cref="ToolException">It is none of these.</exception>
    public static RowTask Of(TextTransformer transformer) => transformer switch
    {
        FineTuneWithDispersionTransformer => new ClassificationTask(),
        FineTuneBinaryWithDispersionTransformer => new BinaryTask(),
        FineTuneRegressionWithDispersionTransformer => new RegressionTask(),
        FineTuneMultiLabelWithDispersionTransformer => new MultiLabelTask(),
        FineTuneEmbeddingsWithDispersionTransformer => new PairsTask(),
        LanguageModelTransformer => new LanguageTask(),
        _ => throw new ToolException($"A {transformer.GetType().Name} is not evaluated from the command line. Use the verbs of ML.NET's context: docs/how-to."),
    };

    /// <summary>The rows as the estimator reads them: texts, labels of the task's type, weights.</summary>
    /// <param name="table">The file's rows.</param>
    /// <param name="columns">Which are read.</param>
    /// <param name="labels">The labels of the training rows, where the task needs to know them all; null for those of these rows.</param>
    public IDataView ToData(RowTable table, RowColumns columns, IReadOnlyList<string>? labels = null)
    {
        List<TableDataColumn> data = [table.TextsOf(columns.Text)];
        if (columns.SecondText is { } second)
        {
            data.Add(table.TextsOf(second));
        }

        if (columns.Label is { } label)
        {
            data.Add(LabelOf(table, label, labels));
        }

        if (columns.Weight is { } weight)
        {
            data.Add(TableDataColumn.OfSingles(weight, Numbers(table, weight)));
        }

        return new TableDataView(data);
    }

    /// <summary>All labels that the rows have, in order; empty where the task has none by name.</summary>
    public virtual IReadOnlyList<string> LabelsOf(RowTable table, string label) => [];

    /// <summary>The pipeline, with the library's estimator in it.</summary>
    public abstract RowPipeline Pipeline(MLContext ml, RowColumns columns, ModelSource backbone, FineTuneOptions options);

    /// <summary>Judges the answers, with intervals over other rows.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="model">The fitted model.</param>
    /// <param name="scored">The rows with what it answered.</param>
    /// <param name="label">The column of true labels; null where there is none.</param>
    public abstract IReadOnlyList<Figure> Judge(MLContext ml, TextTransformer model, IDataView scored, string? label);

    private protected abstract TableDataColumn LabelOf(RowTable table, string label, IReadOnlyList<string>? labels);

    private protected static IEnumerable<float> Numbers(RowTable table, string name) =>
        table.Convert(name, text => RowColumn.NumberOf(text) is { } number && double.IsFinite(number) ? (float?)number : null, "a number is expected.");

    private protected static double[] Singles(IDataView data, string name) => [.. data.GetColumn<float>(name).Select(value => (double)value)];

    private protected static string LabelName(string? label) => label ?? throw new ToolException("Name the column of true labels by --label.");
}
