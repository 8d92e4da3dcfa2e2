using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>Fine-tunes a small pretrained language model on texts, with the dispersion regulariser added to the loss of predicting each next token; or takes it as it is.</summary>
/// <remarks>
/// <para>Reads one column, the text (text), and in training that of the texts' weights where one is named. Adds a feature vector, token count, log-likelihood, perplexity and, on request, a continuation: the table is at <see cref="LanguageModelTransformer"/>.</para>
/// <list type="table">
/// <item><term>Task</term><description>Causal language modelling; no label is read</description></item>
/// <item><term>Normalisation of the input</term><description>None needed: raw text</description></item>
/// <item><term>Caching</term><description>None needed in front: fitting reads the data once, texts larger than <see cref="FineTuneOptions.DataMemoryBytes"/> into a file. Behind, <c>AppendCacheCheckpoint</c> saves forward passes where a trainer reads the features repeatedly</description></item>
/// <item><term>Exportable to ONNX</term><description>No</description></item>
/// </list>
/// <para>Each transformer holds the model's weights until it is disposed.</para>
/// <para>
/// Immutable: the options are copied on entry. Null and blank texts are left out of training, with one warning that counts them; without training no row is read, unless the common mean of features is learnt of them.
/// Fitting may be repeated and gives the same model for the same data.
/// </para>
/// </remarks>
public sealed class LanguageModelEstimator : TextEstimator<LanguageModelTransformer>, IDispersionEstimator
{
    // A shape speaks of vectors but not of how long they are: any number of features promises the same.
    private const int PromisedFeatureCount = 2;

    private readonly LanguageModelColumns _columns;
    private readonly LanguageModelOptions _options;
    private readonly ModelSource _backbone;
    private readonly FineTuneOptions? _training;
    private readonly int _seed;

    /// <summary>Creates the estimator that fine-tunes; <c>ml.Transforms.Text.FineTuneLanguageModelWithDispersion(...)</c> is the usual way.</summary>
    /// <param name="environment">The <see cref="MLContext"/>, or any other environment: logging, and the seed where the training options name none.</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinyEnglish</c>.</param>
    /// <param name="training">How to train; null for the defaults. Copied: later edits change nothing. Where <see cref="FineTuneOptions.Seed"/> is null, one number is drawn here from
    /// the environment's random numbers; the log tells it.</param>
    /// <param name="options">What to add to rows; null for the defaults. Copied.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or an option is outside its range; the message names it.</exception>
    public LanguageModelEstimator(
        IHostEnvironment environment,
        string textColumnName = "Text",
        ModelSource? backbone = null,
        FineTuneOptions? training = null,
        LanguageModelOptions? options = null)
        : this(environment, textColumnName, backbone, options, training?.Clone() ?? new FineTuneOptions(), isTrained: true)
    {
    }

    private LanguageModelEstimator(IHostEnvironment environment, string textColumnName, ModelSource? backbone, LanguageModelOptions? options, FineTuneOptions? training, bool isTrained)
        : base(environment, nameof(LanguageModelEstimator))
    {
        _options = options?.Clone() ?? new LanguageModelOptions();
        _options.Validate();
        _columns = new LanguageModelColumns(textColumnName, _options);
        if (!isTrained && _options.ExampleWeightColumnName is { } weight)
        {
            throw new ArgumentException($"LanguageModelOptions.ExampleWeightColumnName is '{weight}', but a model that is taken as it is learns of no text. Set it to null.", nameof(options));
        }

        training?.Validate();
        _training = training;
        _backbone = backbone ?? ModelSource.TinyEnglish;
        _seed = isTrained ? training!.Seed ?? Host.Rand.Next() : 0;
    }

    /// <inheritdoc/>
    public string BackboneName => _backbone.Name;

    /// <inheritdoc/>
    public FineTuneColumns Columns => new()
    {
        Task = FineTuneTask.LanguageModel,
        Text = _columns.Text,
        LogLikelihood = _columns.NameOf(LanguageModelOutput.LogLikelihood),
        TokenCount = _columns.NameOf(LanguageModelOutput.TokenCount),
    };

    /// <inheritdoc/>
    public FineTuneOptions? TrainingOptions
    {
        get
        {
            FineTuneOptions? copy = _training?.Clone();
            if (copy is not null)
            {
                copy.Seed = _seed;
            }

            return copy;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The model is taken as it is.</exception>
    public IEstimator<ITransformer> WithTrainingOptions(FineTuneOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return _training is not null
            ? new LanguageModelEstimator(Host, _columns.Text, _backbone, options, _options)
            : throw new InvalidOperationException($"{_backbone.Name} is taken as it is, so it has no training whose options could be others: use FineTuneLanguageModelWithDispersion.");
    }

    /// <summary>Creates the estimator that takes the model as it is; <c>ml.Transforms.Text.ApplyLanguageModel(...)</c> is the usual way.</summary>
    /// <param name="environment">The <see cref="MLContext"/>, or any other environment.</param>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="backbone">The pretrained language model; null for <c>ModelSource.TinyEnglish</c>.</param>
    /// <param name="options">What to add to rows; null for the defaults. Copied.</param>
    /// <exception cref="ArgumentException">A column has no name or shares another's, or an option is outside its range; the message names it.</exception>
    public static LanguageModelEstimator WithoutTraining(IHostEnvironment environment, string textColumnName = "Text", ModelSource? backbone = null, LanguageModelOptions? options = null) =>
        new(environment, textColumnName, backbone, options, training: null, isTrained: false);

    private protected override DataViewSchema Promise(SchemaShape input)
    {
        InputColumns.CheckText(Host, input, _columns.Text);
        InputColumns.CheckExampleWeight(Host, input, _options.ExampleWeightColumnName);
        return AddedColumns.Alone((builder, _) => _columns.AddTo(builder, PromisedFeatureCount));
    }

    /// <summary>Trains on data, and chooses the best weights by other texts instead of holding some of the data out.</summary>
    /// <param name="input">The data; read once.</param>
    /// <param name="validationSet">Rows with the same column, which are not trained on: their loss is measured at the end of each epoch. Read once.</param>
    /// <returns>The transformer; it holds the model's weights, and the caller disposes it.</returns>
    /// <exception cref="Exception">As with <see cref="TextEstimator{TTransformer}.Fit"/>, which says of the columns of both.</exception>
    /// <exception cref="InvalidOperationException">The model is taken as it is.</exception>
    public LanguageModelTransformer Fit(IDataView input, IDataView validationSet)
    {
        Check(input, validationSet ?? throw new ArgumentNullException(nameof(validationSet)));
        return Fit(input, _backbone, validationSet);
    }

    /// <summary>Trains on data, and chooses the best weights by a metric of your own on other texts, which also stops training early (<see cref="FineTuneOptions.EarlyStoppingPatience"/>).</summary>
    /// <param name="input">The data; read once.</param>
    /// <param name="validationSet">Rows with the same column, which are not trained on.</param>
    /// <param name="metric">The metric, the higher the better, of the validation set as the model in training reads it, such as <c>scored => -ml.EvaluateLanguageModel(scored).Perplexity</c>; asked at the end of each epoch. What it is given lives for the call.</param>
    /// <returns>The transformer; it holds the model's weights, and the caller disposes it.</returns>
    /// <exception cref="Exception">As with <see cref="TextEstimator{TTransformer}.Fit"/>, which says of the columns of both.</exception>
    /// <exception cref="InvalidOperationException">The model is taken as it is.</exception>
    public LanguageModelTransformer Fit(IDataView input, IDataView validationSet, Func<IDataView, double> metric)
    {
        ArgumentNullException.ThrowIfNull(metric);
        Check(input, validationSet ?? throw new ArgumentNullException(nameof(validationSet)));
        return Fit(input, _backbone, validationSet, metric);
    }

    /// <summary>Trains a language model further, on other texts; it stays as it is.</summary>
    /// <param name="input">The data; read once.</param>
    /// <param name="previous">What is gone on from, in the place of the backbone. An adapter that it carries is trained further where the options describe it.</param>
    /// <param name="validationSet">Rows to choose the best weights by; null (default) to hold some of the data out, as the options say.</param>
    /// <param name="metric">A metric of your own on the validation set; null (default) for the loss.</param>
    /// <returns>The transformer; it holds weights of its own, and the caller disposes it.</returns>
    /// <exception cref="Exception">As with <see cref="TextEstimator{TTransformer}.Fit"/>.</exception>
    /// <exception cref="InvalidOperationException">The model is taken as it is.</exception>
    public LanguageModelTransformer Fit(IDataView input, LanguageModelTransformer previous, IDataView? validationSet = null, Func<IDataView, double>? metric = null)
    {
        ArgumentNullException.ThrowIfNull(previous);
        RequireValidation(validationSet, metric);
        Check(input, validationSet);
        using var model = new PreviousModel(previous);
        return Fit(input, model.Source, validationSet, metric);
    }

    private protected override LanguageModelTransformer FitChecked(IDataView input) => Fit(input, _backbone);

    private LanguageModelTransformer Fit(IDataView input, ModelSource backbone, IDataView? validationSet = null, Func<IDataView, double>? metric = null)
    {
        if (_training is null && (validationSet is not null || !ReferenceEquals(backbone, _backbone)))
        {
            throw new InvalidOperationException($"{_backbone.Name} is taken as it is, so there is no training that a validation set or a previous model is for: use FineTuneLanguageModelWithDispersion.");
        }

        using IChannel channel = Host.Start("Training");
        using var cancellation = new FitCancellation(Host, _training?.CancellationToken ?? default);
        using TrainingTexts? texts = _training is not null || _options.CenterFeatures ? Read(input, channel, cancellation) : null;
        using TrainingTexts? held = validationSet is null ? null : Read(validationSet, channel, cancellation);
        var model = PretrainedLanguageModel.Load(backbone, new ModelLoadOptions { Device = TorchRuntime.SelectDevice(ContextDevice.Of(Host, _training?.Device ?? _options.Device)) });
        try
        {
            // A folder of files that go again is closed by the time that the first text is read.
            _ = model.HasTokenizer ? model.Tokenizer : null;

            // Made first, so that what the model cannot do is said before it is trained.
            LanguageModelOptions options = _options.Clone();
            var scorer = new LanguageModelScorer(model, options, _columns);
            var columns = new LanguageModelColumns(_columns.Text, options);
            using FineTuneRun? run = _training is null ? null : new FineTuneRun(Host, channel, cancellation, backbone, $"column '{_columns.Text}'", _training, _seed, validationSet, metric);
            FineTuneResult? result = run is null ? null : Train(model, texts!, held, channel, run, () => new LanguageModelTransformer(Host, columns, backbone.Name, scorer, options));
            if (_options.CenterFeatures)
            {
                scorer.Center([.. texts!.Texts.Take(_options.CenteringTexts)], options, cancellation.Token);
            }

            return new LanguageModelTransformer(Host, columns, backbone.Name, scorer, options) { TrainingResult = result, GeometryHistory = result?.GeometryHistory ?? [] };
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private TrainingTexts Read(IDataView data, IChannel channel, FitCancellation cancellation)
    {
        var texts = new TrainingTexts(_columns.Text, _options.ExampleWeightColumnName, _training?.DataMemoryBytes ?? RowStorage.DefaultMemoryBytes);
        try
        {
            texts.Read(data, cancellation);
            texts.Warn(channel);
            texts.CheckTrainable(Host);
            return texts;
        }
        catch
        {
            texts.Dispose();
            throw;
        }
    }

    private FineTuneResult Train(PretrainedLanguageModel model, TrainingTexts texts, TrainingTexts? heldTexts, IChannel channel, FineTuneRun run, Func<ITransformer> transformer)
    {
        IReadOnlyList<float>? weights = texts.Weights is { } own ? [.. own, .. heldTexts?.Weights ?? []] : null;
        using StoredRows stored = TrainingBlocks.Stored(model, texts.Texts, _training!, _options.PackTexts, _options.SeparateTexts, heldTexts?.Texts, weights);
        IReadOnlyList<int[]> blocks = stored.Column(0);
        int truncated = stored.Notes[0], held = stored.Notes[1];
        if (truncated > 0)
        {
            int length = Math.Min(_training!.MaxSequenceLength ?? int.MaxValue, model.Backbone.Info.ContextLength);
            ChannelLog.Warn(channel, $"{truncated} of {texts.Texts.Count + (heldTexts?.Texts.Count ?? 0)} training texts have more tokens in column '{_columns.Text}' than the {length} of a block, and were cut off.");
        }

        string what = string.Create(CultureInfo.InvariantCulture, $"as a language model on {texts.Texts.Count} texts in {blocks.Count - held} blocks");
        FineTuneResult result = run.Train(what, options =>
        {
            if (held > 0)
            {
                (options.ValidationRows, options.ValidationFraction) = (held, null);
            }

            return LanguageModelTrainer.Train(model, blocks, run.Choosing(options, transformer), TrainingBlocks.TokenWeights(stored));
        });
        run.Tell(result);
        return result;
    }
}
