using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion.Tool;

/// <summary>Yes or no.</summary>
internal sealed class BinaryTask : RowTask
{
    public override RowPipeline Pipeline(MLContext ml, RowColumns columns, ModelSource backbone, FineTuneOptions options) => RowPipeline.Of(
        ml.BinaryClassification.Trainers.FineTuneWithDispersion(LabelName(columns.Label), columns.Text, backbone, options, secondTextColumnName: columns.SecondText, exampleWeightColumnName: columns.Weight));

    public override IReadOnlyList<Figure> Judge(MLContext ml, TextTransformer model, IDataView scored, string? label)
    {
        bool[] truth = [.. scored.GetColumn<bool>(LabelName(label))];
        bool[] found = [.. scored.GetColumn<bool>("PredictedLabel")];
        double[] probabilities = Singles(scored, "Probability");
        double F1(IReadOnlyList<int> rows)
        {
            int right = rows.Count(row => truth[row] && found[row]), wrong = rows.Count(row => truth[row] != found[row]);
            return 2.0 * right / ((2 * right) + wrong);
        }

        return
        [
            Figure.Mean("accuracy", [.. truth.Zip(found, (wanted, answer) => wanted == answer ? 1.0 : 0)]),
            Figure.Of("F1", truth.Length, F1),
            Figure.Of("area under ROC", truth.Length, rows => MultiLabelMetrics.RocAuc([.. rows.Select(row => truth[row])], [.. rows.Select(row => probabilities[row])])),
            Figure.Mean("log-loss", [.. truth.Zip(probabilities, (wanted, probability) => -Math.Log(Math.Max(wanted ? probability : 1 - probability, 1e-15)))]),
        ];
    }

    private protected override TableDataColumn LabelOf(RowTable table, string label, IReadOnlyList<string>? labels) =>
        TableDataColumn.OfBooleans(label, table.Convert(label, Read, "true or false is expected (also yes or no, 1 or 0)."));

    private static bool? Read(string? text) => text?.ToUpperInvariant() switch
    {
        "TRUE" or "YES" or "1" => true,
        "FALSE" or "NO" or "0" => false,
        _ => null,
    };
}
