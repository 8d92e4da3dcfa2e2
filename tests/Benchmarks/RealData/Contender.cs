using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion.Benchmarks.RealData;

/// <summary>Something that learns from rows and says how probable each label is of others.</summary>
/// <param name="Name">How the command names it.</param>
/// <param name="Description">What it is.</param>
/// <param name="Predict">Learns from a fold and answers for its test rows.</param>
internal sealed record Contender(string Name, string Description, Func<Fold, Predictions> Predict)
{
    /// <summary>All of them, the yardsticks first.</summary>
    /// <param name="backbone">The model that is fine-tuned; null for the verb's own choice.</param>
    public static IReadOnlyList<Contender> All(ModelSource? backbone)
    {
        var frozen = new Lazy<FrozenVectors>(() => new FrozenVectors(backbone ?? ModelSource.TinySentences));
        return
        [
            new("majority", "the most frequent label", Majority),
            new("bag", "FeaturizeText + SdcaMaximumEntropy, ML.NET's defaults", Pipeline(ml => ml.Transforms.Text.FeaturizeText("Features", "Text").Append(ml.MulticlassClassification.Trainers.SdcaMaximumEntropy()))),
            new("tfidf", "LexicalFeatures + logistic regression, its strength by 3-fold cross-validation", fold => new(LogisticRegression.Predict(fold, LogisticRegression.Lexical))),
            new("frozen", "mean-pooled vectors, with the mean of the embeddings beside them where three folds say so, + logistic regression", fold => new(LogisticRegression.Predict(fold, Frozen(0)))),
            new("frozen-first", "the first two tokens' vectors beside them", fold => new(LogisticRegression.Predict(fold, Frozen(0, 0.1f, 0.3f, 1)))),
            Verb("default", "FineTuneWithDispersion, default options", backbone, _ => { }),
            new("lexical", "the same with n-grams beside it", fold => FitAndScore(fold, ml => ml.FineTuneWithDispersion(backbone: backbone, options: new FineTuneOptions { Seed = fold.Seed, Epochs = fold.Epochs }).WithLexicalFeatures())),
            Verb("plain", "the same without the dispersion loss", backbone, options => options.Dispersion.Coefficient = 0),
            Verb("all1", "coefficient 1 on all layers", backbone, options => options.Dispersion.Coefficient = 1),
            Verb("early3", "coefficient 3 on the early half of the layers", backbone, options => (options.Dispersion.Coefficient, options.Dispersion.Layers) = (3, LayerSelection.EarlyHalf)),
            Verb("smoothing", "plain, label smoothing 0.1", backbone, options => (options.Dispersion.Coefficient, options.LabelSmoothing) = (0, 0.1)),
            Verb("one-token", "plain, a head that reads the first token alone", backbone, options => (options.Dispersion.Coefficient, options.Pooling) = (0, TextPooling.FirstToken)),
            Verb("one-token-all1", "the same, coefficient 1 on all layers", backbone, options => (options.Dispersion.Coefficient, options.Pooling) = (1, TextPooling.FirstToken)),
            Verb("pooler", "plain, the family's own head: for BERT the first token through the pooler", backbone, options => (options.Dispersion.Coefficient, options.Pooling) = (0, TextPooling.Family)),
            Verb("pooler-all1", "the same, coefficient 1 on all layers", backbone, options => (options.Dispersion.Coefficient, options.Pooling) = (1, TextPooling.Family)),
            Verb("lora", "plain, LoRA with its default options", backbone, options => (options.Dispersion.Coefficient, options.Lora) = (0, new LoraOptions())),
            Verb("lora-all1", "the same, coefficient 1 on all layers", backbone, options => (options.Dispersion.Coefficient, options.Lora) = (1, new LoraOptions())),
            new("twice", "plain, twice as many epochs", fold => FineTune(fold, backbone, options =>
            {
                options.Dispersion.Coefficient = 0;
                options.Epochs = 2 * (fold.Epochs ?? FineTuneDefaults.ForHead(fold.Train.Length, 1).Epochs);
            })),
        ];

        Featurizer[] Frozen(params float[] weightsOfFirstTokens) => [.. weightsOfFirstTokens.SelectMany(weight => new[] { frozen.Value.With(0, weight), frozen.Value.With(0.5f, weight) })];
    }

    /// <summary>Forms of the dispersion loss, which take part where they are named.</summary>
    /// <param name="backbone">The model that is fine-tuned; null for the verb's own choice.</param>
    public static IReadOnlyList<Contender> Forms(ModelSource? backbone) =>
    [
        Verb("all10", "coefficient 10 on all layers", backbone, options => options.Dispersion.Coefficient = 10),
        Verb("smoothing-all1", "label smoothing 0.1 and coefficient 1 on all layers", backbone, options => (options.Dispersion.Coefficient, options.LabelSmoothing) = (1, 0.1)),
        .. DispersionForm.All.Select(form => Verb(form.Name, form.Description, backbone, options => form.Set(options.Dispersion))),
    ];

    private static Contender Verb(string name, string description, ModelSource? backbone, Action<FineTuneOptions> set) => new(name, description, fold => FineTune(fold, backbone, set));

    private static Predictions FineTune(Fold fold, ModelSource? backbone, Action<FineTuneOptions> set)
    {
        var options = new FineTuneOptions { Seed = fold.Seed, Epochs = fold.Epochs };
        set(options);
        return FitAndScore(fold, ml => ml.MulticlassClassification.Trainers.FineTuneWithDispersion(backbone: backbone, options: options));
    }

    private static Func<Fold, Predictions> Pipeline(Func<MLContext, IEstimator<ITransformer>> pipeline) => fold => FitAndScore(fold, pipeline);

    private static Predictions FitAndScore(Fold fold, Func<MLContext, IEstimator<ITransformer>> trainer)
    {
        var ml = new MLContext(fold.Seed);
        ITransformer model = ml.Transforms.Conversion.MapValueToKey("Label").Append(trainer(ml)).Fit(ml.Data.LoadFromEnumerable(fold.Train));
        using var weights = model as IDisposable;
        var history = (model as TransformerChain<ITransformer>)?.LastTransformer is FineTuneWithDispersionTransformer tuned ? tuned.GeometryHistory : [];
        return new Predictions(
            [.. model.Transform(ml.Data.LoadFromEnumerable(fold.Test)).GetColumn<float[]>("Score")],
            history.Count == 0 ? null : new Cosines(Of(history[0]), Of(history[^1])));

        static double[] Of(GeometrySnapshot snapshot) => [.. snapshot.Profile.Layers.Select(layer => layer.MeanCosineOffDiagonal)];
    }

    private static Predictions Majority(Fold fold)
    {
        float[] shares = [.. fold.Classes.Select(label => (float)fold.Train.Count(row => row.Label == label) / fold.Train.Length)];
        return new Predictions([.. fold.Test.Select(_ => shares)]);
    }
}

/// <summary>What was answered for the test rows of a fold.</summary>
/// <param name="Probabilities">Of each row's classes, in the order of <see cref="Fold.Classes"/>.</param>
/// <param name="Cosines">What training did to the cosines; null where nothing was fine-tuned.</param>
internal sealed record Predictions(float[][] Probabilities, Cosines? Cosines = null);
