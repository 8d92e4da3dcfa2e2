using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>What all estimators that learn from labelled texts, or pairs of texts, have in common.</summary>
/// <typeparam name="TTransformer">What they are trained into.</typeparam>
/// <remarks>
/// <para>Each trained transformer holds the model's weights until it is disposed: after <c>CrossValidate</c>, dispose the models of its folds.</para>
/// <para>
/// Rows without a label are left out, null and blank texts count as empty, texts longer than the model reads are cut off: one warning each, with the count.
/// <see cref="TextEstimator{TTransformer}.Fit"/> may be called repeatedly and gives the same model for the same data. It cannot be derived from outside the library.
/// </para>
/// </remarks>
public abstract class FineTuneEstimator<TTransformer> : TextEstimator<TTransformer>, IDispersionEstimator
    where TTransformer : TextTransformer
{
    private readonly TaskColumns _columns;
    private readonly FineTuneOptions _options;
    private readonly int _seed;

    /// <exception cref="ArgumentException">A column has no name or shares another's, or an option is outside its range; the message names it.</exception>
    private protected FineTuneEstimator(IHostEnvironment environment, string name, TaskColumns columns, ModelSource? backbone, FineTuneOptions? options)
        : base(environment, name)
    {
        columns.Validate();
        _columns = columns;
        _options = options?.Clone() ?? new FineTuneOptions();
        _options.Validate();
        Backbone = backbone ?? ModelSource.TinySentences;
        _seed = _options.Seed ?? Host.Rand.Next();
    }

    /// <inheritdoc/>
    public string BackboneName => Backbone.Name;

    /// <inheritdoc/>
    public FineTuneColumns Columns => Named(_columns);

    /// <inheritdoc/>
    public FineTuneOptions TrainingOptions
    {
        get
        {
            FineTuneOptions copy = _options.Clone();
            copy.Seed = _seed;
            return copy;
        }
    }

    /// <summary>The pretrained language model.</summary>
    private protected ModelSource Backbone { get; }

    /// <inheritdoc/>
    public IEstimator<ITransformer> WithTrainingOptions(FineTuneOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Copy(options);
    }

    /// <summary>Gives the columns their names in public.</summary>
    private protected abstract FineTuneColumns Named(TaskColumns columns);

    /// <summary>Makes the same estimator with other options.</summary>
    private protected abstract IEstimator<ITransformer> Copy(FineTuneOptions options);

    /// <summary>Checks the label column, and says which columns are added.</summary>
    private protected abstract DataViewSchema PromiseScores(SchemaShape input);

    /// <summary>Reads the rows, trains on them and makes the transformer.</summary>
    private protected abstract TTransformer Train(IDataView input, FineTuneRun run);

    private protected sealed override DataViewSchema Promise(SchemaShape input)
    {
        _columns.CheckTexts(Host, input);
        InputColumns.CheckExampleWeight(Host, input, _columns);
        return PromiseScores(input);
    }

    /// <summary>Trains on data, and chooses the best weights by other rows instead of holding some of the data out.</summary>
    /// <param name="input">The data; read once.</param>
    /// <param name="validationSet">Rows with the same columns, which are not trained on: their loss, or the figure that <see cref="FineTuneOptions.BestBy"/> names, is measured at the end of each epoch. Read once.</param>
    /// <returns>The transformer; it holds the model's weights, and the caller disposes it.</returns>
    /// <exception cref="Exception">As with <see cref="TextEstimator{TTransformer}.Fit"/>, which says of the columns of both.</exception>
    /// <exception cref="ArgumentException">The validation set has no row with a label.</exception>
    public TTransformer Fit(IDataView input, IDataView validationSet)
    {
        Check(input, validationSet ?? throw new ArgumentNullException(nameof(validationSet)));
        return Train(input, Backbone, validationSet);
    }

    /// <summary>Trains on data, and chooses the best weights by a metric of your own on other rows, which also stops training early (<see cref="FineTuneOptions.EarlyStoppingPatience"/>).</summary>
    /// <param name="input">The data; read once.</param>
    /// <param name="validationSet">Rows with the same columns, which are not trained on.</param>
    /// <param name="metric">The metric, the higher the better, of the validation set as the model in training scores it, such as <c>scored => ml.MulticlassClassification.Evaluate(scored).MacroAccuracy</c>; asked at the end of each epoch. What it is given lives for the call.</param>
    /// <returns>The transformer; it holds the model's weights, and the caller disposes it.</returns>
    /// <exception cref="Exception">As with <see cref="TextEstimator{TTransformer}.Fit"/>, which says of the columns of both.</exception>
    /// <exception cref="ArgumentException">The validation set has no row with a label, or <see cref="FineTuneOptions.BestBy"/> names a figure besides.</exception>
    public TTransformer Fit(IDataView input, IDataView validationSet, Func<IDataView, double> metric)
    {
        ArgumentNullException.ThrowIfNull(metric);
        Check(input, validationSet ?? throw new ArgumentNullException(nameof(validationSet)));
        return Train(input, Backbone, validationSet, metric);
    }

    /// <summary>Trains a fitted model further, its head included, on other data for the same task; it stays as it is.</summary>
    /// <remarks>
    /// Labels must be those that it was trained on: transform the data with the steps in front of the model that was fitted then, such as its <c>MapValueToKey</c>. A tagger may be given fewer tags.
    /// An adapter that it carries is trained further where <see cref="FineTuneOptions.Lora"/> describes it. The optimizer and the schedule begin anew. From a file: the transformer that <c>Model.Load</c> gives, or
    /// <see cref="ModelSource.FromModelZip"/> as backbone with <see cref="HeadStart.Pretrained"/>.
    /// </remarks>
    /// <param name="input">The data; read once.</param>
    /// <param name="previous">What is gone on from, in the place of the backbone.</param>
    /// <param name="validationSet">Rows to choose the best weights by; null (default) to hold some of the data out, as the options say.</param>
    /// <param name="metric">A metric of your own on the validation set; null (default) for the loss, or the figure that <see cref="FineTuneOptions.BestBy"/> names.</param>
    /// <returns>The transformer; it holds weights of its own, and the caller disposes it.</returns>
    /// <exception cref="Exception">As with <see cref="TextEstimator{TTransformer}.Fit"/>.</exception>
    /// <exception cref="ArgumentException">The labels are others, or there is a metric without a validation set.</exception>
    public TTransformer Fit(IDataView input, TTransformer previous, IDataView? validationSet = null, Func<IDataView, double>? metric = null)
    {
        ArgumentNullException.ThrowIfNull(previous);
        RequireValidation(validationSet, metric);
        Check(input, validationSet);
        using var model = new PreviousModel(previous);
        return Train(input, model.Source, validationSet, metric, goesOn: true);
    }

    private protected sealed override TTransformer FitChecked(IDataView input) => Train(input, Backbone);

    private TTransformer Train(IDataView input, ModelSource backbone, IDataView? validation = null, Func<IDataView, double>? metric = null, bool goesOn = false)
    {
        using IChannel channel = Host.Start("Training");
        using var cancellation = new FitCancellation(Host, _options.CancellationToken);
        using var run = new FineTuneRun(Host, channel, cancellation, backbone, _columns.TextColumns, _options, _seed, validation, metric) { GoesOn = goesOn };
        return Train(input, run);
    }
}
