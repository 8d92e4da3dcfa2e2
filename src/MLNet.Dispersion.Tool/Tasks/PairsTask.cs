using Microsoft.ML;
using Microsoft.ML.Data;

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
            return Retrieval(Vectors(scored, "Embedding"), Vectors(scored, "SecondEmbedding"));
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

    private static float[][] Vectors(IDataView data, string name) => [.. data.GetColumn<VBuffer<float>>(name).Select(values => values.DenseValues().ToArray())];

    // As ml.EvaluateRetrieval counts, query by query, so that there is an interval: second texts of the same vector are one text.
    private static Figure[] Retrieval(float[][] first, float[][] second)
    {
        (double One, double Recall, double Reciprocal, double Gain)[] queries = [.. first.Select((query, row) =>
        {
            double[] scores = [.. second.Select(text => TextEmbedder.Cosine(query, text))];
            double[] relevance = [.. second.Select(text => text.AsSpan().SequenceEqual(second[row]) ? 1.0 : 0)];
            double reciprocal = RetrievalMetrics.ReciprocalRank(relevance, scores);
            return (RetrievalMetrics.PrecisionAt(relevance, scores, 1), reciprocal >= 1.0 / Depth ? 1.0 : 0, reciprocal, RetrievalMetrics.Ndcg(relevance, scores, RankingGain.Linear, Depth));
        })];
        return
        [
            Figure.Mean("precision at 1", [.. queries.Select(query => query.One)]),
            Figure.Mean("recall at 10", [.. queries.Select(query => query.Recall)]),
            Figure.Mean("mean reciprocal rank", [.. queries.Select(query => query.Reciprocal)]),
            Figure.Mean("NDCG at 10", [.. queries.Select(query => query.Gain)]),
        ];
    }
}
