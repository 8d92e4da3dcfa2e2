using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.Dispersion.Statistics;

namespace MLNet.Dispersion.Benchmarks.SyntheticTasks;

/// <summary>A query for a thing with a property, a document, and how well that fits: 2 for thing and property, 1 for the thing alone, 0 for neither; of one in ten drawn by chance.</summary>
internal sealed class OfferRow
{
    public string Query { get; set; } = "";

    public string Document { get; set; } = "";

    public float Label { get; set; }

    public string GroupId { get; set; } = "";

    /// <summary>How well it fits.</summary>
    [NoColumn]
    public float Truth { get; set; }
}

/// <summary>Offers by how well they fit a query, which says the same in other words.</summary>
internal sealed class RankingTask : SyntheticTask<OfferRow>
{
    private const int Documents = 5;
    private const double Wrong = 0.1;

    private static readonly (string Asked, string Offered)[] Things = [("car", "automobile"), ("sofa", "couch"), ("bike", "bicycle"), ("flat", "apartment"), ("coat", "jacket"), ("phone", "mobile"), ("hotel", "inn"), ("film", "movie")];
    private static readonly (string Asked, string Offered)[] Properties = [("cheap", "at a low price"), ("new", "never used"), ("big", "of large size"), ("quiet", "without any noise"), ("fast", "of high speed"), ("warm", "that keeps the cold away")];
    private static readonly string[] Queries = ["{1} {0} wanted", "looking for a {1} {0}", "where can I find a {0} that is {1}"];
    private static readonly string[] Offers = ["we offer one {0} {1}", "one {0}, {1}, ask for pictures", "today: one {0} {1}"];

    public override string Name => "ranking";

    public override string Figure => "NDCG (gain 2^relevance - 1)";

    public override string BaselineName => "words in common";

    public override double Baseline(int rows, int testRows, int seed) => Ndcg(testRows, row => row.Query.Split(' ').Intersect(row.Document.Split(' ')).Count());

    public override double Ceiling(int testRows) => Ndcg(testRows, row => row.Truth);

    public override double FineTune(ModelSource backbone, FineTuneOptions options, int rows, int testRows, int seed)
    {
        var ml = new MLContext(seed);
        FineTuneOptions own = options.Clone();
        own.MicroBatchSize = 4;
        using var model = ml.Ranking.Trainers.FineTuneRankingWithDispersion(backbone: backbone, options: own).Fit(ml.Data.LoadFromEnumerable(Rows(rows, seed)));
        return ml.EvaluateTextRanking(model.Transform(ml.Data.LoadFromEnumerable(Test(testRows)))).ExponentialNdcg;
    }

    protected override OfferRow[] Rows(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count / Documents).SelectMany(query =>
        {
            (string Asked, string Offered) thing = Pick(random, Things), property = Pick(random, Properties);
            string text = Said(Pick(random, Queries), thing.Asked, property.Asked);
            float[] fits = [2, 1, 1, 0, 0];
            random.Shuffle(fits);
            return fits.Select(fit =>
            {
                (string Asked, string Offered) offered = fit > 0 ? thing : Other(random, Things, thing), with = fit > 1 ? property : Other(random, Properties, property);
                return new OfferRow
                {
                    Query = text,
                    Document = Said(Pick(random, Offers), offered.Offered, with.Offered),
                    GroupId = FormattableString.Invariant($"{seed} {query}"),
                    Truth = fit,
                    Label = random.NextDouble() < Wrong ? random.Next(3) : fit,
                };
            });
        })];
    }

    private static string Said(string pattern, string thing, string property) => string.Format(System.Globalization.CultureInfo.InvariantCulture, pattern, thing, property);

    private static T Other<T>(Random random, IReadOnlyList<T> of, T than) => Pick(random, [.. of.Where(one => !Equals(one, than))]);

    private double Ndcg(int testRows, Func<OfferRow, double> score) => Test(testRows).GroupBy(row => row.GroupId)
        .Where(query => query.Any(row => row.Label > 0))
        .Average(query => RetrievalMetrics.Ndcg([.. query.Select(row => (double)row.Label)], [.. query.Select(score)], RankingGain.Exponential));
}
