using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>What the transformers of all fine-tuned tasks have in common, whether they score texts or words: a language model with a head.</summary>
/// <typeparam name="TModel">The fine-tuned model.</typeparam>
/// <remarks>It cannot be derived from outside the library.</remarks>
public abstract class FineTunedTransformer<TModel> : TextTransformer
    where TModel : FineTunedModel
{
    private readonly TaskColumns _columns;
    private readonly bool _borrowed;

    private protected FineTunedTransformer(IHostEnvironment environment, string name, TaskColumns columns, string backboneName, TModel model)
        : base(environment, name, backboneName)
    {
        _columns = columns;
        Model = new SharedModel<TModel>(model, name, "fine-tuned model");
        TrainingResult = model.TrainingResult;
        GeometryHistory = model.GeometryHistory;
    }

    /// <summary>A transformer of the same model for other columns: the model stays the lender's, and lives as long.</summary>
    private protected FineTunedTransformer(IHostEnvironment environment, string name, TaskColumns columns, FineTunedTransformer<TModel> lender)
        : base(environment, name, lender.BackboneName)
    {
        _columns = columns;
        _borrowed = true;
        Model = lender.Model;
        TrainingResult = lender.TrainingResult;
        GeometryHistory = lender.GeometryHistory;
    }

    /// <inheritdoc/>
    public override string TextColumnName => _columns.Text;

    /// <summary>Gets the name of the added score column; the transformer's own documentation says what it holds.</summary>
    public string ScoreColumnName => _columns.Score;

    /// <summary>
    /// Gets or sets the number type in which rows are scored: that of <see cref="FineTuneOptions.ScoringPrecision"/> at first, which says what it means for scores.
    /// Saved with the model. May be set at any time, for all cursors and prediction engines that use this instance; blocks of rows whose scoring begins later follow it.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value set is none of the enumeration's.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public Precision ScoringPrecision
    {
        get => Model.Use(model => model.ScoringPrecision);
        set => Model.Use(model => model.ScoringPrecision = value);
    }

    /// <summary>Gets how training went, step by step; null for a model that was loaded.</summary>
    public FineTuneResult? TrainingResult { get; }

    /// <summary>Gets how condensed the backbone was on a fixed sample of texts: before training first, as it is now last (see <see cref="FineTuneOptions.GeometryProbe"/>). Saved and loaded with the model.</summary>
    public IReadOnlyList<GeometrySnapshot> GeometryHistory { get; }

    /// <summary>Gets the fine-tuned language model below the head, for diagnostics such as its condensation. It stays the transformer's and lives as long as it.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public PretrainedLanguageModel LanguageModel => Model.Unguarded.LanguageModel;

    /// <summary>Hands the fine-tuned model to code of your own, such as one that writes it in another format. It stays the transformer's, and alive until the call has returned.</summary>
    /// <param name="call">What is done with it.</param>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public void Use(Action<TModel> call)
    {
        ArgumentNullException.ThrowIfNull(call);
        Model.Use(call);
    }

    /// <inheritdoc/>
    internal override MeasuredModel? Measurable => _borrowed ? null : MeasuredModel.Borrowing(Model, model => model.LanguageModel);

    /// <inheritdoc/>
    internal override bool IsFineTuned => true;

    /// <inheritdoc/>
    internal override bool TakesEngines => true;

    /// <inheritdoc/>
    internal override void SaveWhole(FileSink sink) => Model.Use(model => model.SaveWhole(sink));

    /// <summary>The model itself.</summary>
    private protected SharedModel<TModel> Model { get; }

    /// <inheritdoc/>
    public override void ScoreWith(IScoringEngine? engine) => Model.Use(model => model.ScoreWith(engine));

    /// <summary>Reads the model of a saved transformer; frees it again where it is not the one that the header speaks of.</summary>
    /// <param name="environment">Says on which device.</param>
    /// <param name="context">What ML.NET hands to the loader.</param>
    /// <param name="files">The model's files.</param>
    /// <param name="load">Reads it from its files, onto a device.</param>
    /// <param name="problem">What the header and the weights disagree on, as a sentence without its stop; null where they agree.</param>
    /// <exception cref="FormatException">Header and weights disagree.</exception>
    /// <exception cref="ModelFileException">A file is damaged or missing.</exception>
    private protected static TLoaded LoadModel<TLoaded>(IHostEnvironment environment, LoadContext context, IReadOnlyList<StoredFile> files, Func<FileSource, string, TLoaded> load, Func<TLoaded, string?> problem)
        where TLoaded : TModel
    {
        EmbeddedBases.Register();
        TLoaded model = load(new ModelZipSource(context, files), ContextDevice.Of(environment));
        if (problem(model) is not { } found)
        {
            return model;
        }

        model.Dispose();
        throw new FormatException($"The model file is damaged: {found}. Save the model again, or fetch the file again.");
    }

    /// <summary>Adds the columns of scores.</summary>
    private protected abstract void AddColumns(DataViewSchema.Builder builder, uint setId);

    /// <summary>The scores of one cursor or row.</summary>
    private protected abstract AddedValues NewScores();

    private protected override void Free()
    {
        if (!_borrowed)
        {
            Model.Dispose();
        }
    }

    private protected override DataViewSchema AddTo(DataViewSchema input)
    {
        Model.ThrowIfDisposed();
        _columns.CheckTexts(Host, SchemaShapes.Of(input));
        return AddedColumns.Append(input, AddColumns);
    }

    private protected override RowScoring ScoringFor(DataViewSchema input) =>
        new(Host, new ScoringSchema(input, GetOutputSchema(input), _columns.Text, _columns.SecondText) { HasWords = input[_columns.Text].Type is VectorDataViewType }, NewScores, "scored");

    private protected override void WriteFiles(ModelZipSink sink) => Model.Use(model => model.Save(sink));
}
