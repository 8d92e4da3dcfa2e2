using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion.Tool;

/// <summary>Which of several labels: a list of names in each row, in CSV and TSV with semicolons between them.</summary>
internal sealed class MultiLabelTask : RowTask
{
    public override IReadOnlyList<string> LabelsOf(RowTable table, string label) => [.. Rows(table, label).SelectMany(names => names).Distinct().Order(StringComparer.Ordinal)];

    public override RowPipeline Pipeline(MLContext ml, RowColumns columns, ModelSource backbone, FineTuneOptions options) => RowPipeline.Of(
        ml.MulticlassClassification.Trainers.FineTuneMultiLabelWithDispersion(LabelName(columns.Label), columns.Text, backbone, options, secondTextColumnName: columns.SecondText, exampleWeightColumnName: columns.Weight));

    public override IReadOnlyList<Figure> Judge(MLContext ml, TextTransformer model, IDataView scored, string? label)
    {
        bool[][] truth = [.. scored.GetColumn<VBuffer<bool>>(LabelName(label)).Select(values => values.DenseValues().ToArray())];
        bool[][] found = [.. scored.GetColumn<VBuffer<bool>>("PredictedLabel").Select(values => values.DenseValues().ToArray())];
        double Measured(IReadOnlyList<int> rows, Func<MultiLabelMetrics, double> of) => of(MultiLabelMetrics.Of([.. rows.Select(row => truth[row])], [.. rows.Select(row => found[row])]));
        return
        [
            Figure.Mean("all labels right", [.. truth.Zip(found, (wanted, answer) => wanted.AsSpan().SequenceEqual(answer) ? 1.0 : 0)]),
            Figure.Mean("Hamming loss", [.. truth.Zip(found, (wanted, answer) => wanted.Zip(answer).Average(pair => pair.First == pair.Second ? 0.0 : 1))]),
            Figure.Of("micro F1", truth.Length, rows => Measured(rows, metrics => metrics.Micro.F1)),
            Figure.Of("macro F1", truth.Length, rows => Measured(rows, metrics => metrics.Macro.F1)),
        ];
    }

    private protected override TableDataColumn LabelOf(RowTable table, string label, IReadOnlyList<string>? labels)
    {
        labels ??= LabelsOf(table, label);
        if (labels.Count == 0)
        {
            throw new ToolException($"{table.Path}: no row has a label in '{label}'. Write names with semicolons between them, or lists of names.");
        }

        IReadOnlyList<string>[] rows = [.. Rows(table, label)];
        for (int row = 0; row < rows.Length; row++)
        {
            if (rows[row].FirstOrDefault(name => !labels.Contains(name)) is { } unknown)
            {
                throw new ToolException($"{table.Place(row)}: the label '{unknown}' is not among those that the model knows: {Printable.FirstTen([.. labels])}.");
            }
        }

        return TableDataColumn.OfBooleanVectors(label, labels, rows.Select(names => (IReadOnlyList<bool>)[.. labels.Select(names.Contains)]));
    }

    private static IEnumerable<IReadOnlyList<string>> Rows(RowTable table, string label) => table[label] is { Lists: { } lists }
        ? lists.Select(list => list ?? [])
        : table[label].Texts.Select(text => (IReadOnlyList<string>)(text?.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? []));
}
