using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Tests.Saved;

/// <summary>What language models, tokenizers, classifiers and regressors answer to a few texts.</summary>
internal static class ModelAnswers
{
    /// <summary>Short, empty, of several bytes a character, and longer than the models read.</summary>
    public static readonly string[] Texts =
    [
        "please refund my invoice", "crash again today", "the parcel is lost", "", "caf\u00e9 \U0001F44D\U0001F3FD!", "a b", string.Join(' ', Enumerable.Repeat("the courier was late", 12)),
    ];

    /// <summary>The second texts, where pairs are asked for.</summary>
    public static readonly string[] Others = ["money", "the error is a bug", "", "", "tracking", "b a", "please please"];

    public static JsonObject Of(TextTokenizer tokenizer) => new()
    {
        ["vocabulary"] = tokenizer.VocabularySize,
        ["begin"] = tokenizer.BosTokenId,
        ["end"] = tokenizer.EosTokenId,
        ["tokens"] = SavedAnswers.List(Texts, text => SavedAnswers.Numbers(tokenizer.Encode(text).Ids)),
        ["pairs"] = SavedAnswers.List(Texts.Zip(Others), pair => SavedAnswers.Numbers(tokenizer.EncodePair(pair.First, pair.Second, maxTokens: 20).Ids)),
        ["decoded"] = SavedAnswers.Words(Texts.Select(text => tokenizer.Decode(tokenizer.Encode(text).Ids))),
    };

    /// <summary>All weights by one number: loading changes no bit of them.</summary>
    public static JsonObject Weights(PretrainedLanguageModel model) => new()
    {
        ["type"] = model.Backbone.Info.ModelType,
        ["sha256"] = model.ComputeWeightHash(),
        ["adapter"] = model.Adapter is not { } adapter ? null : new JsonObject
        {
            ["rank"] = adapter.Rank,
            ["alpha"] = adapter.Alpha,
            ["dropout"] = adapter.Dropout,
            ["stabilized"] = adapter.RankStabilized,
            ["targets"] = SavedAnswers.Words(adapter.TargetModules!),
            ["saving"] = adapter.Saving.ToString(),
            ["merged"] = model.AdapterIsMerged,
        },
    };

    public static JsonObject Of(PretrainedLanguageModel model)
    {
        bool causal = model.Backbone.IsCausal;
        TextFeatures[] features = new TextFeatureExtractor(model).Extract(Texts, likelihoods: causal);
        return new JsonObject
        {
            ["weights"] = Weights(model),
            ["layers"] = model.Backbone.Info.LayerCount,
            ["context"] = model.Backbone.Info.ContextLength,
            ["tokenizer"] = Of(model.Tokenizer),
            ["embeddings"] = SavedAnswers.List(features, feature => SavedAnswers.Numbers(feature.Embedding!)),
            ["likelihoods"] = causal ? SavedAnswers.List(features, feature => SavedAnswers.Number(feature.LogLikelihood)) : null,
            ["truncated"] = features.Count(text => text.Truncated),
            ["written"] = causal ? SavedAnswers.List(model.Generate(Texts, new TextGenerationOptions { MaxNewTokens = 5, TruncatePrompts = true }), text => SavedAnswers.Numbers(text.TokenIds)) : null,
        };
    }

    public static JsonObject Of(TextClassifier classifier)
    {
        Precision precision = classifier.ScoringPrecision;
        classifier.ScoringPrecision = Precision.Float32;
        TextScores scores = classifier.Score(Texts, classifier.ReadsPairs ? Others : null);
        classifier.ScoringPrecision = precision;
        return new JsonObject
        {
            ["classes"] = classifier.ClassCount,
            ["pairs"] = classifier.ReadsPairs,
            ["most tokens"] = classifier.MaxSequenceLength,
            ["scoring precision"] = precision.ToString(),
            ["adapter saving"] = classifier.AdapterSaving.ToString(),
            ["weights"] = Weights(classifier.LanguageModel),
            ["scores"] = SavedAnswers.Numbers(scores.Values),
            ["truncated"] = scores.TruncatedTexts,
            ["geometry"] = Of(classifier.GeometryHistory),
        };
    }

    public static JsonObject Of(TextRegressor regressor)
    {
        Precision precision = regressor.ScoringPrecision;
        regressor.ScoringPrecision = Precision.Float32;
        TextScores scores = regressor.Score(Texts, regressor.ReadsPairs ? Others : null);
        regressor.ScoringPrecision = precision;
        return new JsonObject
        {
            ["mean"] = SavedAnswers.Number(regressor.LabelMean),
            ["deviation"] = SavedAnswers.Number(regressor.LabelDeviation),
            ["pairs"] = regressor.ReadsPairs,
            ["most tokens"] = regressor.MaxSequenceLength,
            ["scoring precision"] = precision.ToString(),
            ["adapter saving"] = regressor.AdapterSaving.ToString(),
            ["weights"] = Weights(regressor.LanguageModel),
            ["scores"] = SavedAnswers.Numbers(scores.Values),
            ["truncated"] = scores.TruncatedTexts,
            ["geometry"] = Of(regressor.GeometryHistory),
        };
    }

    public static JsonArray Of(IReadOnlyList<GeometrySnapshot> history) => SavedAnswers.List(history, snapshot =>
    {
        JsonObject profile = Of(snapshot.Profile);
        profile["step"] = snapshot.Step;
        return profile;
    });

    public static JsonObject Of(CondensationProfile profile) => new()
    {
        ["texts"] = profile.Texts,
        ["short texts"] = profile.ShortTexts,
        ["tokens"] = profile.Tokens,
        ["tokens a text"] = profile.TokensPerText,
        ["averaging"] = profile.Averaging.ToString(),
        ["trend"] = SavedAnswers.Numbers([profile.Trend.Spearman, profile.Trend.KendallTauB, profile.OffDiagonalTrend.Spearman, profile.OffDiagonalTrend.KendallTauB]),
        ["last layers"] = SavedAnswers.Numbers(profile.LastLayersMeans),
        ["layers"] = SavedAnswers.List(profile.Layers, layer => new JsonObject { ["pooled"] = Of(layer.Pooled), ["elementwise"] = layer.Elementwise is { } each ? Of(each) : null }),
    };

    private static JsonObject Of(CosineSummary cosines) => new()
    {
        ["full"] = SavedAnswers.Number(cosines.Means.Full),
        ["off diagonal"] = SavedAnswers.Number(cosines.Means.OffDiagonal),
        ["histogram"] = cosines.Histogram is { } histogram ? SavedAnswers.List(histogram.Counts, count => (JsonNode)count) : null,
    };
}
