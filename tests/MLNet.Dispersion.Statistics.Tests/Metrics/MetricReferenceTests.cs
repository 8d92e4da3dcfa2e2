using System.Text.Json;

namespace MLNet.Dispersion.Tests.Metrics;

/// <summary>Metrics against those of the reference libraries: one case a line of each file.</summary>
public sealed class MetricReferenceTests : ReferenceTests
{
    private const double Tolerance = 1e-9;
    private const double ToleranceOfP = 1e-7;

    [SkippableFact]
    public void EntityMetrics_ReferenceTags_AreSeqevals() => EachCase("seqeval.json", (item, expected) =>
    {
        TaggingScheme? scheme = item.GetProperty("strict").GetBoolean() ? Enum.Parse<TaggingScheme>(item.GetProperty("scheme").GetString()!, ignoreCase: true) : null;
        string[][] truth = item.GetProperty("true").Deserialize<string[][]>()!, predicted = item.GetProperty("predicted").Deserialize<string[][]>()!;
        SameEntities(expected.GetProperty("entities_true"), truth, scheme);
        SameEntities(expected.GetProperty("entities_predicted"), predicted, scheme);
        EntityMetrics metrics = EntityMetrics.Of(truth, predicted, scheme);
        Same(expected.GetProperty("micro"), metrics.Micro);
        Same(expected.GetProperty("macro"), metrics.Macro);
        Same(expected.GetProperty("weighted"), metrics.Weighted);
        JsonElement byType = expected.GetProperty("by_type");
        Assert.Equal(byType.EnumerateObject().Select(type => type.Name).Order(StringComparer.Ordinal), metrics.ByType.Keys);
        foreach (JsonProperty type in byType.EnumerateObject())
        {
            Same(type.Value, metrics.ByType[type.Name]);
            Assert.Equal(type.Value.GetProperty("support").GetInt32(), metrics.ByType[type.Name].Support);
        }

        Near(expected, "token_accuracy", EntityMetrics.TokenAccuracy(truth, predicted));
    });

    [SkippableFact]
    public void AnswerText_ReferenceAnswers_AreSquads() => EachCase("squad.json", (item, _) =>
    {
        string prediction = item.GetProperty("prediction").GetString()!;
        string[] answers = item.GetProperty("answers").Deserialize<string[]>()!;
        Assert.Equal(item.GetProperty("normalised_prediction").GetString(), AnswerText.Normalize(prediction));
        Assert.Equal(item.GetProperty("normalised_answers").Deserialize<string[]>(), answers.Select(AnswerText.Normalize));
        SameAnswer("v2", AnswerRules.Squad2);
        SameAnswer("v1", AnswerRules.Squad1);

        void SameAnswer(string name, AnswerRules rules)
        {
            if (item.TryGetProperty(name, out JsonElement expected) && expected.ValueKind == JsonValueKind.Object)
            {
                Near(expected, "exact", AnswerText.IsExact(prediction, answers, rules) ? 1 : 0);
                Near(expected, "f1", AnswerText.F1(prediction, answers, rules));
            }
        }
    });

    [SkippableFact]
    public void QuestionAnsweringMetrics_ReferenceSet_AreSquads() => Check("metrics", folder =>
    {
        JsonElement summary = folder.Json("squad_summary.json"), probabilities = summary.GetProperty("no_answer_probability");
        AnsweredQuestion[] questions =
        [
            .. folder.Json("squad.json").EnumerateArray().Select(item => new AnsweredQuestion
            {
                Prediction = item.GetProperty("prediction").GetString()!,
                Answers = item.GetProperty("answers").Deserialize<string[]>()!,
                NoAnswerProbability = probabilities.Number(item.GetProperty("id").GetString()!),
            }),
        ];
        const string Threshold = "at_threshold_";
        folder.Case("squad summary, v1", () =>
        {
            AnswerScores all = QuestionAnsweringMetrics.Of(questions, AnswerRules.Squad1).All;
            JsonElement expected = summary.GetProperty("v1");
            Near(expected, "exact", 100 * all.Exact);
            Near(expected, "f1", 100 * all.F1);
        });
        folder.Case("squad summary, v2", () =>
        {
            JsonElement expected = summary.GetProperty("v2");
            QuestionAnsweringMetrics metrics = QuestionAnsweringMetrics.Of(questions);
            (double exactThreshold, double exact) = QuestionAnsweringMetrics.BestExactThreshold(questions);
            (double f1Threshold, double f1) = QuestionAnsweringMetrics.BestF1Threshold(questions);
            foreach (JsonProperty figure in expected.EnumerateObject())
            {
                if (figure.Name.StartsWith(Threshold, StringComparison.Ordinal))
                {
                    AnswerScores at = QuestionAnsweringMetrics.Of(questions, noAnswerThreshold: double.Parse(figure.Name[Threshold.Length..], System.Globalization.CultureInfo.InvariantCulture)).All;
                    Near(figure.Value, "exact", 100 * at.Exact);
                    Near(figure.Value, "f1", 100 * at.F1);
                    continue;
                }

                Near(expected, figure.Name, figure.Name switch
                {
                    "exact" => 100 * metrics.All.Exact,
                    "f1" => 100 * metrics.All.F1,
                    "HasAns_exact" => 100 * metrics.Answerable.Exact,
                    "HasAns_f1" => 100 * metrics.Answerable.F1,
                    "NoAns_exact" => 100 * metrics.Unanswerable.Exact,
                    "NoAns_f1" => 100 * metrics.Unanswerable.F1,
                    "best_exact" => 100 * exact,
                    "best_exact_thresh" => exactThreshold,
                    "best_f1" => 100 * f1,
                    "best_f1_thresh" => f1Threshold,
                    _ => throw new NotSupportedException($"There is no figure for '{figure.Name}'."),
                });
            }
        });
    });

    [SkippableFact]
    public void MultiLabelMetrics_ReferenceRows_AreScikitLearns() => EachCase("multi_label.json", (item, expected) =>
    {
        bool[][] truth = Flags(item.GetProperty("true"));
        double[][] scores = Rows(item.GetProperty("scores"));
        MultiLabelMetrics metrics = MultiLabelMetrics.Of(truth, Flags(item.GetProperty("predicted")));
        Same(expected.GetProperty("micro"), metrics.Micro);
        Same(expected.GetProperty("macro"), metrics.Macro);
        Same(expected.GetProperty("weighted"), metrics.Weighted);
        if (expected.TryGetProperty("samples", out JsonElement samples))
        {
            Same(samples, metrics.Samples);
        }

        if (expected.TryGetProperty("by_label", out JsonElement byLabel))
        {
            Assert.Equal(byLabel.GetArrayLength(), metrics.ByLabel.Count);
            foreach ((int label, JsonElement one) in byLabel.EnumerateArray().Index())
            {
                Same(one, metrics.ByLabel[label]);
            }
        }

        Near(expected, "subset_accuracy", metrics.SubsetAccuracy);
        Near(expected, "hamming_loss", metrics.HammingLoss);
        ByLabel("roc_auc_by_label", MultiLabelMetrics.RocAuc);
        ByLabel("average_precision_by_label", MultiLabelMetrics.AveragePrecision);

        void ByLabel(string name, Func<IReadOnlyList<bool>, IReadOnlyList<double>, double> metric)
        {
            foreach ((int label, JsonElement figure) in expected.GetProperty(name).EnumerateArray().Index())
            {
                double value = metric([.. truth.Select(row => row[label])], [.. scores.Select(row => row[label])]);
                if (figure.ValueKind == JsonValueKind.Null)
                {
                    Assert.Equal(double.NaN, value);
                }
                else
                {
                    Near(figure.Number(), value, name);
                }
            }
        }
    });

    [SkippableFact]
    public void MultiClassMetrics_ReferenceRows_AreScikitLearns() => EachCase("multi_class.json", (item, expected) =>
    {
        int[] truth = item.GetProperty("true").Deserialize<int[]>()!;
        double[][] probabilities = Rows(item.GetProperty("probabilities"));
        MultiClassMetrics metrics = MultiClassMetrics.Of(truth, item.GetProperty("predicted").Deserialize<int[]>()!, item.GetProperty("classes").GetInt32());
        Near(expected, "accuracy", metrics.Accuracy);
        Near(expected, "matthews", metrics.MatthewsCorrelation);
        Near(expected, "kappa", metrics.Kappa);
        Near(expected, "balanced_accuracy", metrics.BalancedAccuracy);
        Near(expected, "log_loss", MultiClassMetrics.LogLoss(truth, probabilities));
        Near(expected, "top2_accuracy", MultiClassMetrics.TopAccuracy(truth, probabilities, 2));
        Near(expected, "binary_f1", metrics.ByClass[^1].F1);
        Assert.Equal(expected.GetProperty("confusion").Deserialize<int[][]>(), metrics.Confusion);
        Same(expected.GetProperty("micro_all_labels"), metrics.Micro);
        Same(expected.GetProperty("macro_all_labels"), metrics.Macro);
        Same(expected.GetProperty("weighted_all_labels"), metrics.Weighted);
        Near(expected.GetProperty("macro_seen_labels"), "f1", metrics.MacroOfSeen.F1);
    });

    [SkippableFact]
    public void RetrievalMetrics_ReferenceQueries_AreThere() => EachCase("ranking.json", (item, expected) =>
    {
        double[] relevance = item.Numbers("relevance"), scores = item.Numbers("scores");
        foreach (JsonProperty figure in expected.EnumerateObject())
        {
            switch (figure.Name)
            {
                case "reciprocal_rank":
                    Near(expected, figure.Name, RetrievalMetrics.ReciprocalRank(relevance, scores));
                    break;
                case "average_precision":
                    Near(expected, figure.Name, RetrievalMetrics.AveragePrecision(relevance, scores));
                    break;
                case "precision_at":
                    AtEach(figure.Value, RetrievalMetrics.PrecisionAt);
                    break;
                case "recall_at":
                    AtEach(figure.Value, RetrievalMetrics.RecallAt);
                    break;
                default:
                    int? depth = figure.Name == "all" ? null : int.Parse(figure.Name, System.Globalization.CultureInfo.InvariantCulture);
                    Near(figure.Value, "ndcg", RetrievalMetrics.Ndcg(relevance, scores, RankingGain.Linear, depth));
                    Near(figure.Value, "ndcg_ignore_ties", RetrievalMetrics.Ndcg(relevance, scores, RankingGain.Linear, depth));
                    Near(figure.Value, "dcg", RetrievalMetrics.Dcg(relevance, scores, RankingGain.Linear, depth));
                    break;
            }
        }

        void AtEach(JsonElement figures, Func<IReadOnlyList<double>, IReadOnlyList<double>, int, double> metric)
        {
            foreach (JsonProperty figure in figures.ValueKind == JsonValueKind.Object ? figures.EnumerateObject() : default)
            {
                Near(figures, figure.Name, metric(relevance, scores, int.Parse(figure.Name, System.Globalization.CultureInfo.InvariantCulture)));
            }
        }
    });

    [SkippableFact]
    public void CorrelationMetrics_ReferenceNumbers_AreSciPys() => EachCase("correlation.json", (item, expected) =>
    {
        CorrelationMetrics metrics = CorrelationMetrics.Of(truth: item.Numbers("y"), predicted: item.Numbers("x"));
        Near(expected, "pearson", metrics.Pearson);
        Near(expected, "spearman", metrics.Spearman);
        Near(expected, "kendall_b", metrics.KendallTauB);
        Near(expected, "mse", metrics.MeanSquaredError);
        Near(expected, "mae", metrics.MeanAbsoluteError);
        Near(expected, "r2", metrics.RSquared);
        Near(expected, "pearson_p", metrics.PearsonP, ToleranceOfP);
        Near(expected, "spearman_p", metrics.SpearmanP, ToleranceOfP);
    });

    private static void EachCase(string file, Action<JsonElement, JsonElement> compare) => Check("metrics", folder =>
    {
        foreach (JsonElement item in folder.Json(file).EnumerateArray())
        {
            folder.Case(item.GetProperty("id").GetString()!, () => compare(item, item.TryGetProperty("expected", out JsonElement expected) ? expected : default));
        }
    });

    private static void SameEntities(JsonElement expected, string[][] sentences, TaggingScheme? scheme)
    {
        Assert.Equal(expected.GetArrayLength(), sentences.Length);
        foreach ((int sentence, JsonElement entities) in expected.EnumerateArray().Index())
        {
            Assert.Equal(
                entities.EnumerateArray().Select(entity => new TaggedEntity(entity[0].GetString()!, entity[1].GetInt32(), entity[2].GetInt32())),
                scheme is { } known ? EntityTags.Read(sentences[sentence], known) : EntityTags.Read(sentences[sentence]));
        }
    }

    private static void Same(JsonElement expected, MatchScores actual)
    {
        Near(expected, "precision", actual.Precision);
        Near(expected, "recall", actual.Recall);
        Near(expected, "f1", actual.F1);
    }

    /// <summary>Compares a figure of an object; one that is absent or null there is not defined.</summary>
    private static void Near(JsonElement expected, string name, double actual, double tolerance = Tolerance)
    {
        if (expected.TryGetProperty(name, out JsonElement figure) && figure.ValueKind != JsonValueKind.Null)
        {
            Near(figure.Number(), actual, name, tolerance);
        }
    }

    private static void Near(double expected, double actual, string name, double tolerance = Tolerance) => Assert.True(
        expected.Equals(actual) || Math.Abs(expected - actual) <= tolerance * Math.Max(1, Math.Abs(expected)),
        FormattableString.Invariant($"{name}: {actual:R} in place of {expected:R}."));

    private static bool[][] Flags(JsonElement rows) => [.. rows.EnumerateArray().Select(row => row.EnumerateArray().Select(cell => cell.GetInt32() != 0).ToArray())];

    private static double[][] Rows(JsonElement rows) => [.. rows.EnumerateArray().Select(row => row.Numbers())];
}
