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
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(validationSet);
        GetOutputSchema(SchemaShapes.Of(input.Schema));
        GetOutputSchema(SchemaShapes.Of(validationSet.Schema));
        return Train(input, validationSet);
    }

    private protected sealed override TTransformer FitChecked(IDataView input) => Train(input, validation: null);

    private TTransformer Train(IDataView input, IDataView? validation)
    {
        using IChannel channel = Host.Start("Training");
        using var cancellation = new FitCancellation(Host, _options.CancellationToken);
        using var run = new FineTuneRun(Host, channel, cancellation, Backbone.Name, _columns.TextColumns, _options, _seed, validation);
        return Train(input, run);
    }
}
