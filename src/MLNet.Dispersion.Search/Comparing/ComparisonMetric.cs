using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>A figure of each test row by which a comparison judges. Immutable and thread-safe, as far as a function of the caller's own is.</summary>
public sealed class ComparisonMetric
{
    private const double LeastProbability = 1e-15;
    private readonly Func<double, double> _leastEffect;
    private readonly Func<MLContext, ITransformer, IDataView, IDataView, RowFigures> _measure;

    private ComparisonMetric(string name, bool largerIsBetter, string leastEffectText, Func<double, double> leastEffect, IReadOnlyList<string> columns, Func<MLContext, ITransformer, IDataView, IDataView, RowFigures> measure)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        (Name, LargerIsBetter, LeastEffect, _leastEffect, Columns, _measure) = (name, largerIsBetter, leastEffectText, leastEffect, columns, measure);
    }

    /// <summary>Gets its name in tables and pictures.</summary>
    public string Name { get; }

    /// <summary>Gets whether larger is better.</summary>
    public bool LargerIsBetter { get; }

    /// <summary>Gets the least effect that matters, in words: <c>0.01</c>, or <c>2 % of the plain value</c>.</summary>
    public string LeastEffect { get; }

    /// <summary>The columns that are read of scored rows.</summary>
    internal IReadOnlyList<string> Columns { get; }

    /// <summary>Whether the figures are losses a token that are shown as perplexities.</summary>
    internal bool IsPerplexity { get; private init; }

    /// <summary>Takes right answers: 1 or 0 a row, by the largest class score or, of yes and no, by a score above 0. The least effect is one point.</summary>
    /// <param name="labelColumnName">The label column: a key, <see cref="bool"/>, or <see cref="float"/> with 1 and 0. Rows without a label are left out.</param>
    /// <param name="scoreColumnName">The score column: a vector with a number for each class, or one number.</param>
    public static ComparisonMetric Accuracy(string labelColumnName = "Label", string scoreColumnName = "Score") =>
        new("accuracy", true, Points, _ => Statistics.LeastEffect.Accuracy, [labelColumnName, scoreColumnName], (_, _, scored, _) => ByAnswer(scored, labelColumnName, scoreColumnName, answer => answer.IsRight ? 1 : 0));

    /// <summary>Takes the cross-entropy of each row, nats; smaller is better. The least effect is 2 % of the plain value.</summary>
    /// <param name="labelColumnName">The label column, as in <see cref="Accuracy"/>.</param>
    /// <param name="scoreColumnName">The score column: a vector of class probabilities, or the logarithm of the odds of yes.</param>
    public static ComparisonMetric LogLoss(string labelColumnName = "Label", string scoreColumnName = "Score") =>
        new("log-loss", false, PartOfPlain, Statistics.LeastEffect.OfLoss, [labelColumnName, scoreColumnName], (_, _, scored, _) => ByAnswer(scored, labelColumnName, scoreColumnName, answer => -Math.Log(Math.Max(LeastProbability, answer.Probability))));

    /// <summary>Takes the share of each row's labels that are right, where a row may have several. The least effect is one point.</summary>
    /// <param name="labelColumnName">The label column: a vector of <see cref="bool"/>, or of <see cref="float"/> with 1 and 0. Rows with a NaN are left out.</param>
    /// <param name="predictedLabelColumnName">The column of found labels, a vector of <see cref="bool"/>.</param>
    public static ComparisonMetric LabelAccuracy(string labelColumnName = "Label", string predictedLabelColumnName = "PredictedLabel") =>
        new("accuracy of labels", true, Points, _ => Statistics.LeastEffect.Accuracy, [labelColumnName, predictedLabelColumnName], (_, _, scored, _) => LabelVectors.Means(scored, labelColumnName, predictedLabelColumnName, (truth, said) => truth == said > 0 ? 1 : 0));

    /// <summary>Takes the cross-entropy of each row's labels, nats, their mean, where a row may have several; smaller is better. The least effect is 2 % of the plain value.</summary>
    /// <param name="labelColumnName">The label column, as in <see cref="LabelAccuracy"/>.</param>
    /// <param name="scoreColumnName">The column of probabilities, a vector of <see cref="float"/>.</param>
    public static ComparisonMetric LabelLogLoss(string labelColumnName = "Label", string scoreColumnName = "Score") =>
        new("log-loss of labels", false, PartOfPlain, Statistics.LeastEffect.OfLoss, [labelColumnName, scoreColumnName], (_, _, scored, _) => LabelVectors.Means(scored, labelColumnName, scoreColumnName, (truth, said) => -Math.Log(Math.Max(LeastProbability, truth ? said : 1 - (double)said))));

    /// <summary>Takes the squared error of each row; smaller is better. The least effect is 2 % of the plain value.</summary>
    /// <param name="labelColumnName">The label column, <see cref="float"/>. Rows without a label (NaN) are left out.</param>
    /// <param name="scoreColumnName">The score column, <see cref="float"/>.</param>
    public static ComparisonMetric SquaredError(string labelColumnName = "Label", string scoreColumnName = "Score") => Error("squared error", labelColumnName, scoreColumnName, error => error * error);

    /// <summary>Takes the absolute error of each row; smaller is better. The least effect is 2 % of the plain value.</summary>
    /// <inheritdoc cref="SquaredError"/>
    public static ComparisonMetric AbsoluteError(string labelColumnName = "Label", string scoreColumnName = "Score") => Error("absolute error", labelColumnName, scoreColumnName, Math.Abs);

    /// <summary>Takes the perplexity over all tokens of all rows; smaller is better. The least effect is 2 % of the plain value.</summary>
    /// <param name="logLikelihoodColumnName">The column of each text's summed log-likelihood. Rows without tokens are left out.</param>
    /// <param name="tokenCountColumnName">The column of token counts.</param>
    public static ComparisonMetric Perplexity(string logLikelihoodColumnName = "LogLikelihood", string tokenCountColumnName = "TokenCount") => Tokens("perplexity", logLikelihoodColumnName, tokenCountColumnName, isPerplexity: true);

    /// <summary>Takes the loss a token, nats; smaller is better. The least effect is 2 % of the plain value.</summary>
    /// <inheritdoc cref="Perplexity"/>
    public static ComparisonMetric TokenLoss(string logLikelihoodColumnName = "LogLikelihood", string tokenCountColumnName = "TokenCount") => Tokens("log-loss a token", logLikelihoodColumnName, tokenCountColumnName, isPerplexity: false);

    /// <summary>Takes a metric that has no value for a single row, such as the area under a curve: its value for each of 25 blocks of neighbouring rows, whose mean is compared.</summary>
    /// <param name="metric">The metric.</param>
    /// <param name="leastEffect">The least effect that matters, above 0; null, the default, for the metric's own. A metric of your own needs one.</param>
    /// <exception cref="ArgumentException">No least effect is given, and the metric has none.</exception>
    public static ComparisonMetric Of(SearchMetric metric, double? leastEffect = null)
    {
        ArgumentNullException.ThrowIfNull(metric);
        RowFigures Measure(MLContext ml, ITransformer model, IDataView scored, IDataView test) => new([.. RowBlocks.Of(ml, test, RowBlocks.CountRows(test)).Select(block => metric.Evaluate(ml, model, block))]);
        if (leastEffect is { } given)
        {
            Check(given);
            return new(metric.Name, metric.Maximize, Written(given), _ => given, [], Measure);
        }

        return metric.LeastEffect is { } own
            ? new(metric.Name, metric.Maximize, own(1) == own(2) ? Written(own(1)) : PartOfPlain, own, [], Measure)
            : throw new ArgumentException($"What difference of {metric.Name} matters is not known: pass a least effect.", nameof(leastEffect));
    }

    /// <summary>Takes a function of your own.</summary>
    /// <param name="name">Its name; not empty.</param>
    /// <param name="largerIsBetter">Whether larger is better.</param>
    /// <param name="leastEffect">The least effect that matters, above 0.</param>
    /// <param name="measure">From test rows as the fitted pipeline transforms them to a finite figure for each row, or for each of those that count; always the same ones in the same order.</param>
    /// <exception cref="ArgumentOutOfRangeException">The least effect is not above 0, or not finite.</exception>
    public static ComparisonMetric Of(string name, bool largerIsBetter, double leastEffect, Func<IDataView, IReadOnlyList<double>> measure)
    {
        ArgumentNullException.ThrowIfNull(measure);
        Check(leastEffect);
        return new(name, largerIsBetter, Written(leastEffect), _ => leastEffect, [], (_, _, scored, _) => new RowFigures(measure(scored)));
    }

    /// <summary>Makes the same metric with another least effect.</summary>
    /// <param name="leastEffect">The least effect that matters, above 0, in the metric's unit.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not above 0, or not finite.</exception>
    public ComparisonMetric WithLeastEffect(double leastEffect)
    {
        Check(leastEffect);
        return new(Name, LargerIsBetter, Written(leastEffect), _ => leastEffect, Columns, _measure) { IsPerplexity = IsPerplexity };
    }

    /// <summary>What is looked at where nothing else is asked for: the first decides.</summary>
    internal static IReadOnlyList<ComparisonMetric> Usual(FineTuneColumns columns) => columns switch
    {
        { Task: FineTuneTask.MultiLabelClassification } => [LabelAccuracy(columns.Label!, columns.PredictedLabel!), LabelLogLoss(columns.Label!, columns.Score!)],
        { Task: FineTuneTask.Regression } => [SquaredError(columns.Label!, columns.Score!), AbsoluteError(columns.Label!, columns.Score!)],
        { Task: FineTuneTask.LanguageModel or FineTuneTask.Instructions or FineTuneTask.Preferences, LogLikelihood: { } likelihood, TokenCount: { } tokens } => [Perplexity(likelihood, tokens), TokenLoss(likelihood, tokens)],
        { Task: FineTuneTask.LanguageModel or FineTuneTask.Instructions or FineTuneTask.Preferences or FineTuneTask.Embeddings or FineTuneTask.Ranking or FineTuneTask.TokenClassification or FineTuneTask.QuestionAnswering } => [],
        _ => [Accuracy(columns.Label!, columns.Score!), LogLoss(columns.Label!, columns.Score!)],
    };

    /// <summary>Measures.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="model">What the pipeline was fitted to.</param>
    /// <param name="scored">The test rows as it transforms them.</param>
    /// <param name="test">The test rows.</param>
    /// <exception cref="InvalidOperationException">There is no figure, or one that is not finite.</exception>
    internal RowFigures Measure(MLContext ml, ITransformer model, IDataView scored, IDataView test)
    {
        RowFigures figures = _measure(ml, model, scored, test);
        return figures.Values.Count == 0
            ? throw new InvalidOperationException($"No test row has a figure of {Name}: rows without a label, or without tokens, are left out.")
            : figures.Values.Any(value => !double.IsFinite(value)) ? throw new InvalidOperationException($"The {Name} of a test row is not a finite number: the training diverged, or a column does not hold what it should.") : figures;
    }

    /// <summary>The least effect.</summary>
    /// <param name="plain">The mean value without dispersion, in the unit that is shown.</param>
    internal double LeastEffectOf(double plain) => _leastEffect(plain);

    private const string Points = "0.01";

    private const string PartOfPlain = "2 % of the plain value";

    private static string Written(double leastEffect) => leastEffect.ToString("R", CultureInfo.InvariantCulture);

    private static ComparisonMetric Error(string name, string label, string score, Func<double, double> figure) =>
        new(name, false, PartOfPlain, Statistics.LeastEffect.OfLoss, [label, score], (_, _, scored, _) => new RowFigures(
            [.. scored.GetColumn<float>(label).Zip(scored.GetColumn<float>(score)).Where(row => !float.IsNaN(row.First)).Select(row => figure((double)row.Second - row.First))]));

    private static ComparisonMetric Tokens(string name, string likelihood, string tokens, bool isPerplexity) =>
        new(name, false, PartOfPlain, Statistics.LeastEffect.OfLoss, [likelihood, tokens], (_, _, scored, _) =>
        {
            (float Likelihood, int Tokens)[] rows = [.. scored.GetColumn<float>(likelihood).Zip(scored.GetColumn<int>(tokens)).Where(row => row.Second > 0)];
            return new RowFigures([.. rows.Select(row => -(double)row.Likelihood / row.Tokens)], [.. rows.Select(row => (double)row.Tokens)]);
        })
        { IsPerplexity = isPerplexity };

    private static RowFigures ByAnswer(IDataView scored, string label, string score, Func<(bool IsRight, double Probability), double> figure)
    {
        DataViewSchema.Column column = scored.Schema[score];
        return new([.. (column.Type is VectorDataViewType ? OfClasses(scored, label, score) : OfYesAndNo(scored, label, score)).Select(figure)]);
    }

    private static IEnumerable<(bool IsRight, double Probability)> OfClasses(IDataView scored, string label, string score)
    {
        if (scored.Schema[label].Type is not KeyDataViewType { RawType: { } raw } || raw != typeof(uint))
        {
            throw new InvalidOperationException($"The label column '{label}' is {scored.Schema[label].Type}; beside a vector of scores it must be a key (put Transforms.Conversion.MapValueToKey in front).");
        }

        foreach ((uint truth, VBuffer<float> scores) in scored.GetColumn<uint>(label).Zip(scored.GetColumn<VBuffer<float>>(score)))
        {
            float[] classes = [.. scores.DenseValues()];
            if (truth > 0)
            {
                // Scores that are no probabilities have no cross-entropy.
                bool areProbabilities = Math.Abs(classes.Sum(one => (double)one) - 1) < 1e-3;
                yield return (Array.IndexOf(classes, classes.Max()) == truth - 1, !areProbabilities ? double.NaN : truth <= classes.Length ? classes[truth - 1] : 0);
            }
        }
    }

    private static IEnumerable<(bool IsRight, double Probability)> OfYesAndNo(IDataView scored, string label, string score)
    {
        IEnumerable<float> truths = scored.Schema[label].Type is BooleanDataViewType ? scored.GetColumn<bool>(label).Select(truth => truth ? 1f : 0) : scored.GetColumn<float>(label);
        foreach ((float truth, float odds) in truths.Zip(scored.GetColumn<float>(score)))
        {
            if (!float.IsNaN(truth))
            {
                yield return (odds > 0 == truth > 0, 1 / (1 + Math.Exp(truth > 0 ? -odds : odds)));
            }
        }
    }

    private static void Check(double leastEffect)
    {
        if (!(leastEffect > 0) || !double.IsFinite(leastEffect))
        {
            throw new ArgumentOutOfRangeException(nameof(leastEffect), leastEffect, FormattableString.Invariant($"The least effect is {leastEffect}; it must be above 0 and finite."));
        }
    }
}
