using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>What all estimators of this library have in common: they read texts and give a transformer that holds a language model.</summary>
/// <typeparam name="TTransformer">The transformer.</typeparam>
/// <remarks>Immutable: options are copied on entry. It cannot be derived from outside the library.</remarks>
public abstract class TextEstimator<TTransformer> : IEstimator<TTransformer>
    where TTransformer : TextTransformer
{
    private protected TextEstimator(IHostEnvironment environment, string name)
    {
        ArgumentNullException.ThrowIfNull(environment);
        Host = environment.Register(name);
    }

    /// <summary>For logging, cancelling and random numbers.</summary>
    private protected IHost Host { get; }

    /// <summary>Gives the shape of the data that the transformer gives.</summary>
    /// <param name="inputSchema">The shape of the data to be fitted to.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column that is read is missing or of another type; the message names the column, what was expected and what was found.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return SchemaShapes.Append(inputSchema, Promise(inputSchema));
    }

    /// <summary>Makes the transformer of data: by training on it, or by loading a model alone. Progress is written to <see cref="MLContext.Log"/>, at the level Info.</summary>
    /// <param name="input">The data; training reads it once.</param>
    /// <returns>The transformer; it holds the model's weights, and the caller disposes it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A column that is read is missing or of another type; the message names the column, what was expected and what was found.</exception>
    /// <exception cref="ArgumentException">There is nothing to learn from in the data, such as rows without a label alone; or the model cannot do what the options ask for.</exception>
    /// <exception cref="OperationCanceledException">The options' token or the MLContext was cancelled; nothing is left behind.</exception>
    /// <exception cref="ModelFileException">The model's files are missing or damaged, or a training checkpoint is damaged, another run's or cannot be written.</exception>
    /// <exception cref="ObjectDisposedException">A fitted model that is to be used was disposed.</exception>
    /// <exception cref="TorchUnavailableException">The native library does not load, or the device is not available.</exception>
    /// <exception cref="TrainingDivergedException">The loss became NaN before an epoch had been validated; later, the best weights are kept and a warning is logged.</exception>
    public TTransformer Fit(IDataView input)
    {
        Check(input, validationSet: null);
        return FitChecked(input);
    }

    /// <summary>Checks the columns of data, and of a validation set where there is one.</summary>
    private protected void Check(IDataView input, IDataView? validationSet)
    {
        ArgumentNullException.ThrowIfNull(input);
        GetOutputSchema(SchemaShapes.Of(input.Schema));
        if (validationSet is not null)
        {
            GetOutputSchema(SchemaShapes.Of(validationSet.Schema));
        }
    }

    /// <summary>Refuses a metric that there are no rows for.</summary>
    private protected static void RequireValidation(IDataView? validationSet, Func<IDataView, double>? metric)
    {
        if (metric is not null && validationSet is null)
        {
            throw new ArgumentException("The metric is measured on a validation set, and there is none: give both, or neither.", nameof(metric));
        }
    }

    /// <summary>Checks the columns that are read, and says which are added: their types, of any length.</summary>
    private protected abstract DataViewSchema Promise(SchemaShape input);

    /// <summary>Fits to data whose columns were checked.</summary>
    private protected abstract TTransformer FitChecked(IDataView input);
}
