using Microsoft.ML;

namespace MLNet.Dispersion.Tool;

/// <summary>Vectors of texts, from pairs that belong together, or whose likeness the label says.</summary>
internal sealed class PairsTask : RowTask
{
    private const int Depth = 10;

    public override bool NeedsLabel => false;

    public override RowPipeline Pipeline(MLContext ml, RowColumns columns, ModelSource backbone, FineTuneOptions options) => RowPipeline.Of(
        ml.Transforms.Text.FineTuneEmbeddingsWithDispersion(
            columns.Text,
            columns.SecondText ?? throw new ToolException("The task pairs reads two columns of texts: --text FIRST SECOND."),
            backbone,
            options,
            labelColumnName: columns.Label,
            exampleWeightColumnName: columns.Weight));

    public override IReadOnlyList<Figure> Judge(MLContext ml, TextTransformer model, IDataView scored, string? label)
    {
        if (label is null)
        {
            EmbeddingRetrievalMetrics metrics = ml.EvaluateRetrieval(scored, depth: Depth);
            return
            [
                new Figure("precision at 1", metrics.PrecisionAtOne, null),
                new Figure("recall at 10", metrics.RecallAtDepth, null),
                new Figure("mean reciprocal rank", metrics.MeanReciprocalRank, null),
                new Figure("NDCG at 10", metrics.NdcgAtDepth, null),
            ];
        }

        double[] truth = Singles(scored, label), cosines = Singles(scored, "Score");
        double Measured(IReadOnlyList<int> rows, Func<CorrelationMetrics, double> of) => of(CorrelationMetrics.Of([.. rows.Select(row => truth[row])], [.. rows.Select(row => cosines[row])]));
        return
        [
            Figure.Of("Spearman", truth.Length, rows => Measured(rows, metrics => metrics.Spearman)),
            Figure.Of("Pearson", truth.Length, rows => Measured(rows, metrics => metrics.Pearson)),
        ];
    }

    private protected override TableDataColumn LabelOf(RowTable table, string label, IReadOnlyList<string>? labels) => TableDataColumn.OfSingles(label, Numbers(table, label));
}
