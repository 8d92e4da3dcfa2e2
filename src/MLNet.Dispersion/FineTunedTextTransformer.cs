using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>What a fine-tuned text classifier and a fine-tuned text regression have in common: a language model with a head that scores texts, or pairs of texts.</summary>
/// <remarks>It cannot be derived from outside the library.</remarks>
public abstract class FineTunedTextTransformer : TextTransformer
{
    private protected FineTunedTextTransformer(IHostEnvironment environment, string name, ColumnNames columns, string backboneName, ITextScorer scorer)
        : base(environment, name, backboneName)
    {
        Columns = columns;
        Model = new SharedModel<ITextScorer>(scorer, name, "fine-tuned model");
        TrainingResult = scorer.TrainingResult;
        GeometryHistory = scorer.GeometryHistory;
    }

    /// <inheritdoc/>
    public override string TextColumnName => Columns.Text;

    /// <summary>The name of the column of second texts; null where single texts are read.</summary>
    public string? Sentence2ColumnName => Columns.SecondText;

    /// <summary>The name of the added score column: of a classifier, class probabilities (vector of <see cref="float"/>); of a regression, the prediction (<see cref="float"/>).</summary>
    public string ScoreColumnName => Columns.Score;

    /// <summary>
    /// The number type in which rows are scored: that of <see cref="FineTuneOptions.ScoringPrecision"/> at first, which says what it means for scores.
    /// Saved with the model. May be set at any time, for all cursors and prediction engines that use this instance; blocks of rows whose scoring begins later follow it.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value set is none of the enumeration's.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public Precision ScoringPrecision
    {
        get => Model.Use(scorer => scorer.ScoringPrecision);
        set => Model.Use(scorer => scorer.ScoringPrecision = value);
    }

    /// <summary>How training went, step by step; null for a model that was loaded.</summary>
    public FineTuneResult? TrainingResult { get; }

    /// <summary>How condensed the backbone was on a fixed sample of texts: before training first, as it is now last (see <see cref="FineTuneOptions.GeometryProbe"/>). Saved and loaded with the model.</summary>
    public IReadOnlyList<GeometrySnapshot> GeometryHistory { get; }

    /// <summary>The fine-tuned language model below the head, for diagnostics such as its condensation. It stays the transformer's and lives as long as it.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public PretrainedLanguageModel LanguageModel => Model.Unguarded.LanguageModel;

    /// <inheritdoc/>
    internal override MeasuredModel Measurable => MeasuredModel.Borrowing(Model, scorer => scorer.LanguageModel);

    /// <summary>The model itself.</summary>
    private protected SharedModel<ITextScorer> Model { get; }

    /// <summary>The columns that are read and added.</summary>
    private protected ColumnNames Columns { get; }

    private protected override void Free() => Model.Dispose();

    /// <summary>Appends the added columns to a schema that was checked.</summary>
    private protected abstract DataViewSchema AppendScores(DataViewSchema input);

    /// <summary>The scores of one cursor or row.</summary>
    private protected abstract AddedValues NewScores();

    private protected override DataViewSchema AddTo(DataViewSchema input)
    {
        Model.ThrowIfDisposed();
        InputColumns.CheckTexts(Host, SchemaShapes.Of(input), Columns);
        return AppendScores(input);
    }

    private protected override RowScoring ScoringFor(DataViewSchema input) =>
        new(Host, new ScoringSchema(input, GetOutputSchema(input), Columns.Text, Columns.SecondText), NewScores, "scored");

    private protected override void WriteFiles(ModelZipSink sink) => Model.Use(scorer => scorer.Save(sink));
}
