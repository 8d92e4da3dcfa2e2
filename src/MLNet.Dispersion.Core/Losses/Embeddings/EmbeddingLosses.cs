using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>The losses of text embeddings, as sentence-transformers computes them: pure functions of tensors, with gradients. Stateless, hence thread-safe.</summary>
/// <remarks>
/// Embeddings are <c>[B, F]</c>, of any floating type; results belong to the caller's dispose scope. Losses of rows are <c>[B]</c>, of which the published loss is the mean; those that compare
/// rows with one another are scalars.
/// </remarks>
public static class EmbeddingLosses
{
    private const double LeastNorm = 1e-12;
    private const double DistanceShift = 1e-6;

    /// <summary>Embeddings scaled to the length 1; zeros stay.</summary>
    /// <param name="embeddings"><c>[B, F]</c>.</param>
    public static Tensor Unit(Tensor embeddings)
    {
        ArgumentNullException.ThrowIfNull(embeddings);
        return embeddings.div(embeddings.norm(1, keepdim: true, p: 2f).AtLeast(LeastNorm));
    }

    /// <summary>The cosine of each pair.</summary>
    /// <param name="first"><c>[B, F]</c>.</param>
    /// <param name="second"><c>[B, F]</c>.</param>
    /// <returns><c>[B]</c>, -1..1.</returns>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static Tensor CosineScores(Tensor first, Tensor second)
    {
        Check(first, second);
        return Unit(first).mul(Unit(second)).sum(1);
    }

    /// <summary>AnglE's score of each pair: the vectors' halves are the real and imaginary parts of complex ones, whose quotients are summed.</summary>
    /// <param name="first"><c>[B, F]</c>, F even.</param>
    /// <param name="second"><c>[B, F]</c>.</param>
    /// <returns><c>[B]</c>, at least 0.</returns>
    /// <exception cref="ArgumentException">The shapes differ, or F is odd.</exception>
    public static Tensor AngleScores(Tensor first, Tensor second)
    {
        Check(first, second);
        long half = first.shape[1] / 2;
        if (first.shape[1] % 2 != 0)
        {
            throw new ArgumentException($"The angle needs an even number of features, and the embeddings have {first.shape[1]}. Use CoSent.", nameof(first));
        }

        Tensor left = Unit(first), right = Unit(second);
        (Tensor a, Tensor b, Tensor c, Tensor d) = (left.narrow(1, 0, half), left.narrow(1, half, half), right.narrow(1, 0, half), right.narrow(1, half, half));
        return a.mul(c).Plus(b.mul(d)).Plus(b.mul(c)).Plus(a.mul(d).neg()).sum(1).abs();
    }

    /// <summary>The distance of each pair.</summary>
    /// <param name="first"><c>[B, F]</c>.</param>
    /// <param name="second"><c>[B, F]</c>.</param>
    /// <param name="distance">Which.</param>
    /// <returns><c>[B]</c>, at least 0.</returns>
    /// <exception cref="ArgumentException">The shapes differ, or there is no such distance.</exception>
    public static Tensor Distances(Tensor first, Tensor second, EmbeddingDistance distance)
    {
        Check(first, second);
        return distance switch
        {
            EmbeddingDistance.Cosine => CosineScores(first, second).Times(-1).Plus(1),
            EmbeddingDistance.Euclidean => Gap().norm(1, keepdim: false, p: 2f),
            EmbeddingDistance.Manhattan => Gap().abs().sum(1),
            _ => throw new ArgumentOutOfRangeException(nameof(distance), distance, "There is no such distance."),
        };

        Tensor Gap() => first.Plus(second.neg()).Plus(DistanceShift);
    }

    /// <summary>Multiple negatives ranking: each first text must find its second one among all second texts and negatives of the batch.</summary>
    /// <param name="first">First texts, <c>[B, F]</c>.</param>
    /// <param name="documents">Their second texts, <c>[B, F]</c>, and any number of columns of negatives.</param>
    /// <param name="scale">What similarities are multiplied by: one over the temperature. Default 20; with <see cref="EmbeddingSimilarity.Dot"/> 1 is usual.</param>
    /// <param name="similarity">How alike two texts are.</param>
    /// <param name="directions">Which texts count for which.</param>
    /// <param name="joint">Whether one softmax runs over all directions, with the pair in the numerator; false (default) takes the mean of the directions' own cross-entropies, and allows the two between first and second texts.</param>
    /// <returns>In nats, <c>[B]</c>. The published symmetric loss is that of both directions, not joint.</returns>
    /// <exception cref="ArgumentException">Shapes differ, or the directions do not go together.</exception>
    public static Tensor MultipleNegatives(
        Tensor first,
        IReadOnlyList<Tensor> documents,
        double scale = 20,
        EmbeddingSimilarity similarity = EmbeddingSimilarity.Cosine,
        NegativeDirections directions = NegativeDirections.FirstToSecond,
        bool joint = false)
    {
        ArgumentNullException.ThrowIfNull(documents);
        if (documents.Count == 0)
        {
            throw new ArgumentException("There are no second texts.", nameof(documents));
        }

        foreach (Tensor document in documents)
        {
            Check(first, document);
        }

        CheckDirections(directions, joint);
        bool cosine = similarity == EmbeddingSimilarity.Cosine;
        Tensor queries = cosine ? Unit(first) : first;
        Tensor[] columns = [.. documents.Select(document => cosine ? Unit(document) : document)];
        Tensor found = columns.Length == 1 ? columns[0] : cat(columns, 0);
        Tensor own = queries.mul(columns[0]).sum(1).Times(scale);
        Tensor[] others = [.. Others()];
        return joint
            ? Lost(cat(others, 1))
            : others.Select(Lost).Aggregate((left, right) => left.Plus(right)).Over(others.Length);

        IEnumerable<Tensor> Others()
        {
            if (directions.HasFlag(NegativeDirections.FirstToSecond))
            {
                yield return Scores(queries, found);
            }

            if (directions.HasFlag(NegativeDirections.SecondToFirst))
            {
                yield return Scores(columns[0], queries);
            }

            if (directions.HasFlag(NegativeDirections.FirstToFirst))
            {
                yield return WithoutSelf(Scores(queries, queries));
            }

            if (directions.HasFlag(NegativeDirections.SecondToSecond))
            {
                yield return WithoutSelf(Scores(columns[0], found));
            }
        }

        Tensor Scores(Tensor left, Tensor right) => left.matmul(right.t()).Times(scale);
        Tensor Lost(Tensor scores) => scores.logsumexp(1).Plus(own.neg());
    }

    /// <summary>Triplets: relu(d(first, second) - d(first, negative) + margin).</summary>
    /// <param name="first"><c>[B, F]</c>.</param>
    /// <param name="second">What is to be near, <c>[B, F]</c>.</param>
    /// <param name="negative">What is to be far, <c>[B, F]</c>.</param>
    /// <param name="distance">How far two texts are from one another.</param>
    /// <param name="margin">By how much the negative must be farther.</param>
    /// <returns><c>[B]</c>.</returns>
    /// <exception cref="ArgumentException">The shapes differ, or there is no such distance.</exception>
    public static Tensor Triplet(Tensor first, Tensor second, Tensor negative, EmbeddingDistance distance, double margin) =>
        Distances(first, second, distance).Plus(Distances(first, negative, distance).neg()).Plus(margin).relu();

    /// <summary>The squared difference of the cosine and the score.</summary>
    /// <param name="first"><c>[B, F]</c>.</param>
    /// <param name="second"><c>[B, F]</c>.</param>
    /// <param name="scores">How alike they are, <c>[B]</c>, best -1..1.</param>
    /// <returns><c>[B]</c>.</returns>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static Tensor CosineSimilarity(Tensor first, Tensor second, Tensor scores)
    {
        CheckScores(first, scores);
        return CosineScores(first, second).Plus(scores.neg()).Squared();
    }

    /// <summary>CoSENT: log(1 + the sum of exp(scale (s_i - s_j)) over all pairs of rows whose true score says i below j). Equal scores make no pair.</summary>
    /// <param name="similarities">What the model says (<see cref="CosineScores"/>, or <see cref="AngleScores"/> for AnglE), <c>[B]</c>.</param>
    /// <param name="scores">The true scores, <c>[B]</c>, in any scale.</param>
    /// <param name="scale">What similarities are multiplied by. Default 20.</param>
    /// <param name="weights">How much each row counts, <c>[B]</c>: as if it stood there so many times; null (default) where all count 1.</param>
    /// <returns>One number for the batch.</returns>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static Tensor CoSent(Tensor similarities, Tensor scores, double scale = 20, Tensor? weights = null)
    {
        CheckScores(similarities, scores);
        Tensor gaps = Differences(similarities.Times(scale));
        if (weights is not null)
        {
            Tensor logarithms = weights.log();
            gaps = gaps.Plus(logarithms.unsqueeze(1)).Plus(logarithms.unsqueeze(0));
        }

        Tensor ordered = scores.unsqueeze(1).lt(scores.unsqueeze(0));
        Tensor terms = gaps.Masked(ordered.logical_not(), double.NegativeInfinity).flatten();
        return cat([zeros(1, dtype: terms.dtype, device: terms.device), terms], 0).logsumexp(0);
    }

    /// <summary>Contrastive: half of d² for pairs of score 1, half of relu(margin - d)² for those of score 0.</summary>
    /// <param name="first"><c>[B, F]</c>.</param>
    /// <param name="second"><c>[B, F]</c>.</param>
    /// <param name="scores">1 for like, 0 for unlike, <c>[B]</c>.</param>
    /// <param name="distance">How far two texts are from one another.</param>
    /// <param name="margin">How far unlike texts are pushed apart.</param>
    /// <returns><c>[B]</c>.</returns>
    /// <exception cref="ArgumentException">The shapes differ, or there is no such distance.</exception>
    public static Tensor Contrastive(Tensor first, Tensor second, Tensor scores, EmbeddingDistance distance = EmbeddingDistance.Cosine, double margin = 0.5)
    {
        CheckScores(first, scores);
        Tensor distances = Distances(first, second, distance);
        return Pulled(distances).mul(scores).Plus(Pushed(distances, margin).mul(scores.Times(-1).Plus(1))).Over(2);
    }

    /// <summary>Online contrastive: d² and relu(margin - d)² of the hard pairs alone, summed.</summary>
    /// <remarks>Hard are unlike pairs nearer than the farthest like one, and like pairs farther than the nearest unlike one; where there is at most one of the other kind, those on the wrong side of their own kind's mean.</remarks>
    /// <param name="first"><c>[B, F]</c>.</param>
    /// <param name="second"><c>[B, F]</c>.</param>
    /// <param name="scores">1 for like, 0 for unlike, <c>[B]</c>.</param>
    /// <param name="distance">How far two texts are from one another.</param>
    /// <param name="margin">How far unlike texts are pushed apart.</param>
    /// <param name="weights">How much each row counts, <c>[B]</c>; null (default) where all count 1.</param>
    /// <returns>One number for the batch.</returns>
    /// <exception cref="ArgumentException">The shapes differ, or there is no such distance.</exception>
    public static Tensor OnlineContrastive(Tensor first, Tensor second, Tensor scores, EmbeddingDistance distance = EmbeddingDistance.Cosine, double margin = 0.5, Tensor? weights = null)
    {
        CheckScores(first, scores);
        Tensor distances = Distances(first, second, distance);
        double[] far = distances.ToDoubles(), like = scores.ToDoubles();
        double[] near = [.. far.Where((_, row) => like[row] > 0)], apart = [.. far.Where((_, row) => like[row] <= 0)];
        double farthest = near.Length > 1 ? near.Max() : Mean(apart), nearest = apart.Length > 1 ? apart.Min() : Mean(near);
        Tensor pulled = Chosen(row => like[row] > 0 && far[row] > nearest), pushed = Chosen(row => like[row] <= 0 && far[row] < farthest);
        return Pulled(distances).mul(pulled).Plus(Pushed(distances, margin).mul(pushed)).sum();

        Tensor Chosen(Func<int, bool> hard)
        {
            Tensor chosen = tensor([.. Enumerable.Range(0, far.Length).Select(row => hard(row) ? 1f : 0)], dtype: distances.dtype, device: distances.device);
            return weights is null ? chosen : chosen.mul(weights);
        }
    }

    /// <summary>The mean over features of the squared difference from vectors that are given, such as a teacher's.</summary>
    /// <param name="embeddings"><c>[B, F]</c>.</param>
    /// <param name="targets"><c>[B, F]</c>.</param>
    /// <returns><c>[B]</c>.</returns>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static Tensor Vectors(Tensor embeddings, Tensor targets)
    {
        Check(embeddings, targets);
        return embeddings.Plus(targets.neg()).Squared().mean([1]);
    }

    /// <summary>Matryoshka: the weighted sum of a loss of the embeddings' first features, for each of several sizes.</summary>
    /// <param name="embeddings">Columns of embeddings, each <c>[B, F]</c>.</param>
    /// <param name="sizes">How many features count, each 1..F.</param>
    /// <param name="weights">What the loss of each size counts; as many as sizes.</param>
    /// <param name="loss">The loss of columns that were cut.</param>
    /// <returns>Of the loss's shape.</returns>
    /// <exception cref="ArgumentException">There is no size, not one weight a size, or a size beyond F.</exception>
    public static Tensor Matryoshka(IReadOnlyList<Tensor> embeddings, IReadOnlyList<int> sizes, IReadOnlyList<double> weights, Func<IReadOnlyList<Tensor>, Tensor> loss)
    {
        ArgumentNullException.ThrowIfNull(embeddings);
        ArgumentNullException.ThrowIfNull(sizes);
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(loss);
        if (sizes.Count == 0 || sizes.Count != weights.Count)
        {
            throw new ArgumentException($"There are {sizes.Count} sizes and {weights.Count} weights; there must be at least one size, and a weight for each.", nameof(sizes));
        }

        long features = embeddings[0].shape[1];
        return sizes.Zip(weights, (size, weight) => size >= 1 && size <= features
            ? loss([.. embeddings.Select(column => column.narrow(1, 0, size))]).Times(weight)
            : throw new ArgumentOutOfRangeException(nameof(sizes), size, $"A size of {size} features is asked for, and embeddings have {features}.")).Aggregate((left, right) => left.Plus(right));
    }

    private static Tensor Pulled(Tensor distances) => distances.Squared();

    private static Tensor Pushed(Tensor distances, double margin) => distances.neg().Plus(margin).relu().Squared();

    /// <summary>All differences of entries, <c>[B, B]</c>: that of i and j in row i, column j.</summary>
    private static Tensor Differences(Tensor values) => values.unsqueeze(1).Plus(values.unsqueeze(0).neg());

    /// <summary>Scores without those of a text with itself, which stand on the diagonal.</summary>
    private static Tensor WithoutSelf(Tensor scores)
    {
        Tensor rows = TensorNumbers.Range(scores.shape[0], scores.device), columns = TensorNumbers.Range(scores.shape[1], scores.device);
        return scores.Masked(rows.unsqueeze(1).eq(columns.unsqueeze(0)), double.NegativeInfinity);
    }

    private static double Mean(double[] values) => values.Length == 0 ? double.NaN : values.Average();

    private static void CheckDirections(NegativeDirections directions, bool joint)
    {
        const NegativeDirections Across = NegativeDirections.FirstToSecond | NegativeDirections.SecondToFirst;
        const NegativeDirections All = Across | NegativeDirections.FirstToFirst | NegativeDirections.SecondToSecond;
        bool known = (directions & ~All) == NegativeDirections.None;
        if (!known || (directions & Across) == NegativeDirections.None || (!joint && (directions & ~Across) != NegativeDirections.None))
        {
            throw new ArgumentException($"The directions are {directions}; there must be one between first and second texts, and directions within one side need a joint softmax.", nameof(directions));
        }
    }

    private static void Check(Tensor first, Tensor second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (first.dim() != 2 || !first.shape.AsSpan().SequenceEqual(second.shape))
        {
            throw new ArgumentException($"Embeddings must be [B, F], all of one shape; these are [{string.Join(", ", first.shape)}] and [{string.Join(", ", second.shape)}].", nameof(second));
        }
    }

    private static void CheckScores(Tensor rows, Tensor scores)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(scores);
        if (scores.dim() != 1 || scores.shape[0] != rows.shape[0])
        {
            throw new ArgumentException($"There must be one score for each of {rows.shape[0]} rows; they are [{string.Join(", ", scores.shape)}].", nameof(scores));
        }
    }
}
