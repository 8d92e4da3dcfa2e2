using Microsoft.ML;

namespace MLNet.Dispersion.Tool;

/// <summary>A number.</summary>
internal sealed class RegressionTask : RowTask
{
    public override RowPipeline Pipeline(MLContext ml, RowColumns columns, ModelSource backbone, FineTuneOptions options) => RowPipeline.Of(
        ml.Regression.Trainers.FineTuneWithDispersion(LabelName(columns.Label), columns.Text, backbone, options, secondTextColumnName: columns.SecondText, exampleWeightColumnName: columns.Weight));

    public override IReadOnlyList<Figure> Judge(MLContext ml, TextTransformer model, IDataView scored, string? label)
    {
        double[] truth = Singles(scored, LabelName(label));
        double[] found = Singles(scored, ((FineTuneRegressionWithDispersionTransformer)model).ScoreColumnName);
        double Measured(IReadOnlyList<int> rows, Func<CorrelationMetrics, double> of) => of(CorrelationMetrics.Of([.. rows.Select(row => truth[row])], [.. rows.Select(row => found[row])]));
        return
        [
            Figure.Mean("mean absolute error", [.. truth.Zip(found, (wanted, answer) => Math.Abs(wanted - answer))]),
            Figure.Of("root mean squared error", truth.Length, rows => Math.Sqrt(rows.Average(row => (truth[row] - found[row]) * (truth[row] - found[row])))),
            Figure.Of("R squared", truth.Length, rows => Measured(rows, metrics => metrics.RSquared)),
            Figure.Of("Spearman", truth.Length, rows => Measured(rows, metrics => metrics.Spearman)),
        ];
    }

    private protected override TableDataColumn LabelOf(RowTable table, string label, IReadOnlyList<string>? labels) => TableDataColumn.OfSingles(label, Numbers(table, label));
}
