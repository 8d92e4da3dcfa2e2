using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion.Tool;

/// <summary>One of several classes, named as the label column names them.</summary>
internal sealed class ClassificationTask : RowTask
{
    private const string Answer = "PredictedLabel";

    public override IReadOnlyList<string> LabelsOf(RowTable table, string label) => [.. table[label].Texts.OfType<string>().Distinct().Order(StringComparer.Ordinal)];

    public override RowPipeline Pipeline(MLContext ml, RowColumns columns, ModelSource backbone, FineTuneOptions options) => RowPipeline.Of(
        ml.MulticlassClassification.Trainers.FineTuneWithDispersion(LabelName(columns.Label), columns.Text, backbone, options, secondTextColumnName: columns.SecondText, exampleWeightColumnName: columns.Weight),
        before: ml.Transforms.Conversion.MapValueToKey(LabelName(columns.Label)),
        after: ml.Transforms.Conversion.MapKeyToValue(Answer));

    public override IReadOnlyList<Figure> Judge(MLContext ml, TextTransformer model, IDataView scored, string? label)
    {
        var fitted = (FineTuneWithDispersionTransformer)model;
        IReadOnlyList<string> names = fitted.ScoreNames;
        string[] truths = [.. Texts(ml, scored, LabelName(label))];
        int[] known = [.. Enumerable.Range(0, truths.Length).Where(row => truths[row].Length > 0)];
        int[] truth = [.. known.Select(row => IndexOf(names, truths[row]))];
        float[][] all = [.. scored.GetColumn<VBuffer<float>>(fitted.ScoreColumnName).Select(values => values.DenseValues().ToArray())];
        float[][] scores = [.. known.Select(row => all[row])];
        int[] found = [.. scores.Select(row => Array.IndexOf(row, row.Max()))];
        double Measured(IReadOnlyList<int> rows, Func<MultiClassMetrics, double> of) => of(MultiClassMetrics.Of([.. rows.Select(row => truth[row])], [.. rows.Select(row => found[row])], names.Count));
        return
        [
            Figure.Mean("accuracy", [.. truth.Zip(found, (wanted, answer) => wanted == answer ? 1.0 : 0)]),
            Figure.Of("macro F1", truth.Length, rows => Measured(rows, metrics => metrics.MacroOfSeen.F1)),
            Figure.Mean("log-loss", [.. truth.Zip(scores, (wanted, row) => -Math.Log(Math.Max(row[wanted], 1e-15)))]),
        ];
    }

    private protected override TableDataColumn LabelOf(RowTable table, string label, IReadOnlyList<string>? labels)
    {
        RowColumn column = table[label];
        if (labels is not null && column.Texts.Select((text, row) => (text, row)).FirstOrDefault(cell => cell.text is not null && !labels.Contains(cell.text)) is { text: { } unknown, row: int at })
        {
            throw new ToolException($"{table.Place(at)}: the label '{unknown}' is not among those of the training rows: {Printable.FirstTen([.. labels])}.");
        }

        return table.TextsOf(label);
    }

    private static int IndexOf(IReadOnlyList<string> names, string name)
    {
        for (int i = 0; i < names.Count; i++)
        {
            if (names[i] == name)
            {
                return i;
            }
        }

        throw new ToolException($"The label '{name}' is none of the model's: {Printable.FirstTen([.. names])}.");
    }

    // The chain has made keys of the labels; those it does not know are missing, which the texts before it tell apart.
    private static IEnumerable<string> Texts(MLContext ml, IDataView scored, string label) => scored.Schema[label].Type is KeyDataViewType
        ? ml.Transforms.Conversion.MapKeyToValue(label).Fit(scored).Transform(scored).GetColumn<string>(label)
        : scored.GetColumn<string>(label);
}
