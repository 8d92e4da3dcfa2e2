namespace MLNet.Dispersion;

/// <summary>N-grams beside a language model that gives numbers: their regressor, and how much either counts. Thread-safe.</summary>
/// <param name="Regressor">The regressor, of numbers around 0.</param>
/// <param name="Weights">How much either counts.</param>
/// <param name="Mean">The mean of the labels.</param>
internal sealed record LexicalNumbers(LexicalRegressor Regressor, JoiningWeights Weights, double Mean)
{
    private const int FewestRows = 6;
    private static readonly float[] Strengths = [1e-4f, 3e-4f, 1e-3f, 3e-3f, 1e-2f];

    /// <summary>Learns n-grams from numbered texts, and from predictions of rows that were held out in turn how much they count beside the language model.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="labels">Their numbers.</param>
    /// <param name="exampleWeights">How much each counts; null where all count the same.</param>
    /// <param name="seed">Of the parting into folds.</param>
    /// <param name="network">Trains the language model on some of the rows, and gives its numbers of others: the fold, the rows to learn from, the rows to score.</param>
    /// <returns>N-grams without a say where there are so few rows that no part can be held out.</returns>
    internal static LexicalNumbers Learn(IReadOnlyList<string> texts, IReadOnlyList<float> labels, IReadOnlyList<float>? exampleWeights, int seed, Func<int, int[], int[], float[]> network)
    {
        double mean = labels.Average();
        int[][] folds = LexicalFolds.Of(labels, seed);
        if (labels.Count < FewestRows || Array.Exists(folds, fold => labels.Where((_, row) => !fold.Contains(row)).Distinct().Count() < 2))
        {
            return new LexicalNumbers(Fit([.. Enumerable.Range(0, labels.Count)], [Strengths[^1]]).Single(), JoiningWeights.NetworkAlone, mean);
        }

        float[] right = [.. folds.SelectMany(fold => fold).Select(row => labels[row])];
        var ofNetwork = new List<float>();
        var ofStrength = Array.ConvertAll(Strengths, _ => new List<float>());
        for (int fold = 0; fold < folds.Length; fold++)
        {
            int[] held = folds[fold], others = [.. folds.Where(part => part != held).SelectMany(part => part).Order()];
            ofNetwork.AddRange(network(fold, others, held));
            foreach (var (scores, regressor) in ofStrength.Zip(Fit(others, Strengths)))
            {
                scores.AddRange(regressor.Score([.. held.Select(row => texts[row])]));
            }
        }

        (float best, List<float> ofBest) = Strengths.Zip(ofStrength).MinBy(pair => right.Zip(pair.Second, (label, score) => Math.Pow(label - mean - score, 2)).Sum());
        return new LexicalNumbers(Fit([.. Enumerable.Range(0, labels.Count)], [best]).Single(), JoinedNumbers.Fit(ofNetwork, ofBest, right, mean), mean);

        IEnumerable<LexicalRegressor> Fit(int[] rows, float[] strengths) => LexicalRegressor.FitEach(
            [.. rows.Select(row => texts[row])], [.. rows.Select(row => (float)(labels[row] - mean))], exampleWeights is null ? null : [.. rows.Select(row => exampleWeights[row])], strengths);
    }

    /// <summary>Joins the language model's numbers of texts with those of their n-grams.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="scores">The language model's, written over.</param>
    internal void Join(IReadOnlyList<string?> texts, float[] scores)
    {
        if (Weights != JoiningWeights.NetworkAlone && texts.Count > 0)
        {
            JoinedNumbers.Join(scores, Regressor.Score(texts), Mean, Weights);
        }
    }
}
