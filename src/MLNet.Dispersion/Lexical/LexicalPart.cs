namespace MLNet.Dispersion;

/// <summary>N-grams beside a language model: their classifier, and how much either counts. Thread-safe.</summary>
/// <param name="Classifier">The classifier.</param>
/// <param name="Weights">How much either counts.</param>
internal sealed record LexicalPart(LexicalClassifier Classifier, JoiningWeights Weights)
{
    private static readonly float[] Strengths = [1, 0.3f, 0.1f, 0.03f];

    /// <summary>Learns n-grams from labelled texts, and from predictions of rows that were held out in turn how much they count beside the language model.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="labels">Their classes, from 0.</param>
    /// <param name="exampleWeights">How much each counts; null where all count the same.</param>
    /// <param name="classCount">Classes (K).</param>
    /// <param name="seed">Of the parting into folds.</param>
    /// <param name="network">Trains the language model on some of the rows, and gives its probabilities of others, <c>[rows * K]</c>: the fold, the rows to learn from, the rows to score.</param>
    /// <returns>N-grams without a say where there are so few rows that no part can be held out.</returns>
    internal static LexicalPart Learn(IReadOnlyList<string> texts, IReadOnlyList<int> labels, IReadOnlyList<float>? exampleWeights, int classCount, int seed, Func<int, int[], int[], float[]> network)
    {
        int[][] folds = LexicalFolds.Of(labels, seed);
        if (Array.Exists(folds, fold => labels.Where((_, row) => !fold.Contains(row)).Distinct().Count() < 2))
        {
            return new LexicalPart(OfAll(Strengths[0]), JoiningWeights.NetworkAlone);
        }

        int[] order = [.. folds.SelectMany(fold => fold)];
        int[] right = [.. order.Select(row => labels[row])];
        var ofNetwork = new List<float>();
        var ofStrength = Array.ConvertAll(Strengths, _ => new List<float>());
        for (int fold = 0; fold < folds.Length; fold++)
        {
            int[] held = folds[fold], others = [.. folds.Where(part => part != held).SelectMany(part => part).Order()];
            ofNetwork.AddRange(network(fold, others, held));
            var classifiers = LexicalClassifier.FitEach(
                [.. others.Select(row => texts[row])], [.. others.Select(row => labels[row])], exampleWeights is null ? null : [.. others.Select(row => exampleWeights[row])], classCount, Strengths);
            foreach (var (scores, classifier) in ofStrength.Zip(classifiers))
            {
                scores.AddRange(classifier.Score([.. held.Select(row => texts[row])]));
            }
        }

        (float best, List<float> ofBest) = Strengths.Zip(ofStrength).MinBy(pair => Loss(pair.Second));
        return new LexicalPart(OfAll(best), JoinedProbabilities.Fit([.. ofNetwork], [.. ofBest], right, classCount));

        LexicalClassifier OfAll(float strength) => LexicalClassifier.Fit(texts, labels, exampleWeights, classCount, strength);

        double Loss(List<float> scores) => right.Select((label, row) => -Math.Log(Math.Max(scores[(row * classCount) + label], 1e-12))).Sum();
    }

    /// <summary>Joins the language model's probabilities of texts with those of their n-grams.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="scores">The language model's, <c>[rows * K]</c>, written over.</param>
    internal void Join(IReadOnlyList<string?> texts, float[] scores)
    {
        if (Weights != JoiningWeights.NetworkAlone && texts.Count > 0)
        {
            JoinedProbabilities.Join(scores, Classifier.Score(texts), scores.Length / texts.Count, Weights);
        }
    }
}
