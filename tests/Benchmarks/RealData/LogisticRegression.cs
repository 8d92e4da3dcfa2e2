using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion.Benchmarks.RealData;

/// <summary>Turns rows into views with the columns <c>Label</c>, a key, and <c>Features</c>; what must be learnt for that is learnt from the first rows alone.</summary>
internal delegate (IDataView Train, IDataView Test) Featurizer(MLContext ml, LabelledText[] train, LabelledText[] test);

/// <summary>ML.NET's logistic regression over fixed features: which features, and how strongly weights are held small, is chosen by cross-validated log-loss.</summary>
internal static class LogisticRegression
{
    private const int Folds = 3;
    private static readonly float[] Strengths = [3, 1, 0.3f, 0.1f, 0.03f, 0.01f, 0.003f];

    /// <summary>N-grams.</summary>
    public static (IDataView Train, IDataView Test) Lexical(MLContext ml, LabelledText[] train, LabelledText[] test)
    {
        IDataView rows = ml.Data.LoadFromEnumerable(train);
        ITransformer vectors = ml.Transforms.Conversion.MapValueToKey("Label").Append(ml.Transforms.Text.LexicalFeatures("Features", "Text")).Fit(rows);
        return (ml.Data.Cache(vectors.Transform(rows), "Label", "Features"), vectors.Transform(ml.Data.LoadFromEnumerable(test)));
    }

    /// <summary>The probabilities of each test row's classes.</summary>
    /// <param name="fold">The rows.</param>
    /// <param name="choices">Features to choose among.</param>
    public static float[][] Predict(Fold fold, params Featurizer[] choices)
    {
        var losses = new Dictionary<(Featurizer Features, float Strength), double>();
        for (int part = 0; part < Folds; part++)
        {
            LabelledText[] train = [.. fold.Train.Where((_, row) => row % Folds != part)], held = [.. fold.Train.Where((_, row) => row % Folds == part)];
            string[] classes = [.. train.Select(row => row.Label).Distinct()];
            foreach (Featurizer features in choices)
            {
                var ml = new MLContext(fold.Seed);
                var views = features(ml, train, held);
                foreach (float strength in Strengths)
                {
                    double loss = Scores.Of(Fit(ml, views, strength), held, classes).LogLoss;
                    losses[(features, strength)] = losses.GetValueOrDefault((features, strength)) + loss;
                }
            }
        }

        var best = losses.MinBy(choice => choice.Value).Key;
        var context = new MLContext(fold.Seed);
        return Fit(context, best.Features(context, fold.Train, fold.Test), best.Strength);
    }

    private static float[][] Fit(MLContext ml, (IDataView Train, IDataView Test) views, float strength)
    {
        var model = ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy(l2Regularization: strength, l1Regularization: 0, optimizationTolerance: 1e-6f).Fit(views.Train);
        return [.. model.Transform(views.Test).GetColumn<float[]>("Score")];
    }
}
