using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>What estimators that teach a model to answer have in common.</summary>
/// <remarks>Each trained transformer holds the model's weights until it is disposed. Immutable: the options are copied on entry. It cannot be derived from outside the library.</remarks>
public abstract class AnsweringEstimator : TextEstimator<FineTuneInstructionsWithDispersionTransformer>, IDispersionEstimator
{
    private readonly AnsweringOptions _options;
    private readonly InstructionColumns _columns;
    private readonly ModelSource _backbone;
    private readonly int _seed;

    private protected AnsweringEstimator(IHostEnvironment environment, string name, AnsweringOptions options, InstructionColumns columns, params IEnumerable<string?> more)
        : base(environment, name)
    {
        columns.Validate([.. more, options.ExampleWeightColumnName]);
        (_options, _columns) = (options, columns);
        _backbone = options.Backbone ?? ModelSource.TinyEnglish;
        _seed = options.Training.Seed ?? Host.Rand.Next();
    }

    /// <inheritdoc/>
    public string BackboneName => _backbone.Name;

    /// <inheritdoc/>
    public FineTuneColumns Columns => new() { Task = Task, Text = _columns.First, LogLikelihood = _columns.LogLikelihood, TokenCount = _columns.TokenCount };

    /// <inheritdoc/>
    public FineTuneOptions TrainingOptions
    {
        get
        {
            FineTuneOptions copy = _options.Training.Clone();
            copy.Seed = _seed;
            return copy;
        }
    }

    /// <summary>What is learnt.</summary>
    private protected abstract FineTuneTask Task { get; }

    /// <inheritdoc/>
    public IEstimator<ITransformer> WithTrainingOptions(FineTuneOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Copy(options);
    }

    /// <summary>Makes the same estimator with other training options.</summary>
    private protected abstract IEstimator<ITransformer> Copy(FineTuneOptions training);

    /// <summary>What of instructions counts.</summary>
    private protected abstract InstructionOptions Instructions { get; }

    /// <summary>Checks further columns that training reads.</summary>
    private protected abstract void CheckMore(SchemaShape input);

    /// <summary>Reads the rows, and those to choose the best weights by where there are any, and says how to train on them.</summary>
    private protected abstract Func<PretrainedLanguageModel, FineTuneOptions, InstructionTrainingResult> Reads(IDataView data, IDataView? validation, bool asChat, AnswerSets read);

    private protected sealed override DataViewSchema Promise(SchemaShape input)
    {
        _columns.Check(Host, input, needsCompletion: true);
        CheckMore(input);
        InputColumns.CheckExampleWeight(Host, input, _options.ExampleWeightColumnName);
        return AddedColumns.Alone((builder, _) => _columns.AddTo(builder));
    }

    /// <summary>Trains on data, and chooses the best weights by other rows instead of holding some of the data out.</summary>
    /// <param name="input">The data; read once.</param>
    /// <param name="validationSet">Rows with the same columns, which are not trained on and not packed: their loss, or the figure that <see cref="FineTuneOptions.BestBy"/> names, is measured at the end of each epoch. Read once.</param>
    /// <returns>The transformer; it holds the model's weights, and the caller disposes it.</returns>
    /// <exception cref="Exception">As with <see cref="TextEstimator{TTransformer}.Fit"/>, which says of the columns of both.</exception>
    public FineTuneInstructionsWithDispersionTransformer Fit(IDataView input, IDataView validationSet)
    {
        Check(input, validationSet ?? throw new ArgumentNullException(nameof(validationSet)));
        return Train(input, validationSet, _backbone);
    }

    /// <summary>Trains on data, and chooses the best weights by a metric of your own on other rows, which also stops training early (<see cref="FineTuneOptions.EarlyStoppingPatience"/>).</summary>
    /// <param name="input">The data; read once.</param>
    /// <param name="validationSet">Rows with the same columns, which are not trained on.</param>
    /// <param name="metric">The metric, the higher the better, of the validation set as the model in training scores it, such as <c>scored => ml.EvaluateInstructions(scored).TokenAccuracy</c>; asked at the end of each epoch. What it is given lives for the call.</param>
    /// <returns>The transformer; it holds the model's weights, and the caller disposes it.</returns>
    /// <exception cref="Exception">As with <see cref="TextEstimator{TTransformer}.Fit"/>, which says of the columns of both.</exception>
    public FineTuneInstructionsWithDispersionTransformer Fit(IDataView input, IDataView validationSet, Func<IDataView, double> metric)
    {
        ArgumentNullException.ThrowIfNull(metric);
        Check(input, validationSet ?? throw new ArgumentNullException(nameof(validationSet)));
        return Train(input, validationSet, _backbone, metric);
    }

    /// <summary>Trains a fitted model further, on other data or for another of these tasks; it stays as it is.</summary>
    /// <param name="input">The data; read once.</param>
    /// <param name="previous">What is gone on from, in the place of the backbone. An adapter that it carries is trained further where the options describe it, and is part of a reference policy.</param>
    /// <param name="validationSet">Rows to choose the best weights by; null (default) to hold some of the data out, as the options say.</param>
    /// <param name="metric">A metric of your own on the validation set; null (default) for the loss, or the figure that <see cref="FineTuneOptions.BestBy"/> names.</param>
    /// <returns>The transformer; it holds weights of its own, and the caller disposes it.</returns>
    /// <exception cref="Exception">As with <see cref="TextEstimator{TTransformer}.Fit"/>.</exception>
    public FineTuneInstructionsWithDispersionTransformer Fit(IDataView input, FineTuneInstructionsWithDispersionTransformer previous, IDataView? validationSet = null, Func<IDataView, double>? metric = null)
    {
        ArgumentNullException.ThrowIfNull(previous);
        RequireValidation(validationSet, metric);
        Check(input, validationSet);
        using var model = new PreviousModel(previous);
        return Train(input, validationSet, model.Source, metric);
    }

    private protected sealed override FineTuneInstructionsWithDispersionTransformer FitChecked(IDataView input) => Train(input, validation: null, _backbone);

    private FineTuneInstructionsWithDispersionTransformer Train(IDataView input, IDataView? validation, ModelSource backbone, Func<IDataView, double>? metric = null)
    {
        using IChannel channel = Host.Start("Training");
        using var cancellation = new FitCancellation(Host, _options.Training.CancellationToken);
        var model = PretrainedLanguageModel.Load(backbone, new ModelLoadOptions { Device = TorchRuntime.SelectDevice(ContextDevice.Of(Host, _options.Training.Device)) });
        try
        {
            // A folder of files that go again is closed by the time that the first row is read.
            _ = model.Tokenizer;
            bool asChat = AnsweringModel.IsChat(model, _options.AsChat, Instructions.ChatTemplate);
            using var read = new AnswerSets(_options.Training.DataMemoryBytes, cancellation);
            var train = Reads(input, validation, asChat, read);
            using var run = new FineTuneRun(Host, channel, cancellation, backbone, _columns.TextColumns, _options.Training, _seed, validation, metric);
            InstructionTrainingResult result = run.Train(
                Task == FineTuneTask.Preferences ? "on preference pairs" : "on instructions",
                options => train(model, run.Choosing(options, () => Transformer(training: null))),
                training => $"{training.TruncatedTexts} rows have more tokens in {_columns.TextColumns} than the model reads, and were cut.");
            Tell(channel, result);
            run.Tell(result.Training);
            return Transformer(result.Training);

            FineTuneInstructionsWithDispersionTransformer Transformer(FineTuneResult? training) =>
                new(Host, _columns, backbone.Name, new AnsweringModel(model, _columns, Instructions, _options.Generation, asChat, _options.Training.MaxSequenceLength)) { TrainingResult = training, GeometryHistory = training?.GeometryHistory ?? [] };
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static void Tell(IChannel channel, InstructionTrainingResult result)
    {
        if (result.RowsLeftOut.Count > 0)
        {
            ChannelLog.Warn(channel, $"{result.RowsLeftOut.Count} rows were left out of training because nothing of their answers was left: {string.Join(", ", result.RowsLeftOut.Take(10).Select(row => row.ToString(CultureInfo.InvariantCulture)))}{(result.RowsLeftOut.Count > 10 ? ", …" : "")} (from 0).");
        }
    }
}
