using System.Globalization;

namespace MLNet.Dispersion.Statistics;

/// <summary>How well entities were found: one counts where type, first and last word are right, as seqeval counts. Immutable and thread-safe.</summary>
public sealed record EntityMetrics
{
    private EntityMetrics()
    {
    }

    /// <summary>Gets scores over all entities together.</summary>
    public required MatchScores Micro { get; init; }

    /// <summary>Gets the plain mean over the types that occur in truth or prediction; NaN where none does.</summary>
    public required MatchScores Macro { get; init; }

    /// <summary>Gets the mean over types weighted by their number of true entities.</summary>
    public required MatchScores Weighted { get; init; }

    /// <summary>Gets the scores of each type that occurs in truth or prediction, in ordinal order.</summary>
    public required IReadOnlyDictionary<string, MatchScores> ByType { get; init; }

    /// <summary>Counts entities.</summary>
    /// <param name="truth">The true entities of each sentence.</param>
    /// <param name="predicted">The predicted ones of each sentence.</param>
    /// <exception cref="ArgumentException">The numbers of sentences differ.</exception>
    public static EntityMetrics Of(IReadOnlyList<IReadOnlyList<TaggedEntity>> truth, IReadOnlyList<IReadOnlyList<TaggedEntity>> predicted)
    {
        ArgumentNullException.ThrowIfNull(truth);
        ArgumentNullException.ThrowIfNull(predicted);
        MetricInput.SameLength(truth.Count, predicted.Count, nameof(predicted));
        var counts = new SortedDictionary<string, (int Hits, int Predicted, int Support)>(StringComparer.Ordinal);
        for (int sentence = 0; sentence < truth.Count; sentence++)
        {
            var known = truth[sentence].ToHashSet();
            var found = predicted[sentence].ToHashSet();
            foreach (TaggedEntity entity in known)
            {
                var count = counts.GetValueOrDefault(entity.Type);
                counts[entity.Type] = (count.Hits + (found.Contains(entity) ? 1 : 0), count.Predicted, count.Support + 1);
            }

            foreach (TaggedEntity entity in found)
            {
                var count = counts.GetValueOrDefault(entity.Type);
                counts[entity.Type] = count with { Predicted = count.Predicted + 1 };
            }
        }

        var byType = new SortedDictionary<string, MatchScores>(counts.ToDictionary(type => type.Key, type => MatchScores.Of(type.Value.Hits, type.Value.Predicted, type.Value.Support)), StringComparer.Ordinal);
        return new EntityMetrics
        {
            Micro = MatchScores.Of(counts.Values.Sum(count => count.Hits), counts.Values.Sum(count => count.Predicted), counts.Values.Sum(count => count.Support)),
            Macro = byType.Count > 0 ? MatchScores.Macro(byType.Values) : new MatchScores { Precision = double.NaN, Recall = double.NaN, F1 = double.NaN, Support = 0 },
            Weighted = MatchScores.Weighted(byType.Values),
            ByType = byType,
        };
    }

    /// <summary>Counts the entities of tagged sentences.</summary>
    /// <param name="truth">The true tags of each sentence's words.</param>
    /// <param name="predicted">The predicted tags.</param>
    /// <param name="scheme">The tags' scheme, by which broken runs are no entities; null for the rules of the CoNLL evaluation (<see cref="EntityTags.Read(IReadOnlyList{string})"/>).</param>
    /// <exception cref="ArgumentException">The numbers of sentences or of words differ, or a tag is not of the scheme.</exception>
    public static EntityMetrics Of(IReadOnlyList<IReadOnlyList<string>> truth, IReadOnlyList<IReadOnlyList<string>> predicted, TaggingScheme? scheme)
    {
        CheckWords(truth, predicted);
        return Of(Entities(truth), Entities(predicted));

        IReadOnlyList<TaggedEntity>[] Entities(IReadOnlyList<IReadOnlyList<string>> sentences) =>
            [.. sentences.Select(tags => scheme is { } known ? EntityTags.Read(tags, known) : EntityTags.Read(tags))];
    }

    /// <summary>The share of words whose tag is right, 0..1; 0 without a word.</summary>
    /// <param name="truth">The true tags of each sentence's words.</param>
    /// <param name="predicted">The predicted tags.</param>
    /// <exception cref="ArgumentException">The numbers of sentences or of words differ.</exception>
    public static double TokenAccuracy(IReadOnlyList<IReadOnlyList<string>> truth, IReadOnlyList<IReadOnlyList<string>> predicted)
    {
        CheckWords(truth, predicted);
        return MatchScores.Share(
            truth.Zip(predicted).Sum(sentence => sentence.First.Zip(sentence.Second).Count(word => word.First == word.Second)),
            truth.Sum(sentence => sentence.Count));
    }

    private static void CheckWords(IReadOnlyList<IReadOnlyList<string>> truth, IReadOnlyList<IReadOnlyList<string>> predicted)
    {
        ArgumentNullException.ThrowIfNull(truth);
        ArgumentNullException.ThrowIfNull(predicted);
        MetricInput.SameLength(truth.Count, predicted.Count, nameof(predicted));
        for (int sentence = 0; sentence < truth.Count; sentence++)
        {
            if (truth[sentence].Count != predicted[sentence].Count)
            {
                throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Sentence {sentence} has {truth[sentence].Count} true tags and {predicted[sentence].Count} predicted ones."), nameof(predicted));
            }
        }
    }
}
