using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>A language model that was tuned on instructions or preferences: answers each row's prompt or conversation, and says how likely the answer is that the row has.</summary>
/// <remarks>
/// <para>Adds these columns, under the names that the options gave:</para>
/// <list type="table">
/// <listheader><term>Column</term><description>Type and meaning</description></listheader>
/// <item><term>Answer</term><description>text: what the model writes in the place of the completion, or of an assistant's last turn; nothing is written where nobody reads it</description></item>
/// <item><term>LogLikelihood</term><description><see cref="float"/>: the natural logarithm of the probability of the answers that the row has; 0 where it has none</description></item>
/// <item><term>TokenCount</term><description><see cref="int"/>: their tokens</description></item>
/// <item><term>RightTokenCount</term><description><see cref="int"/>: those of them that are the likeliest ones</description></item>
/// </list>
/// <para>The completion column is needed by training and evaluation alone: a row, and a prediction engine's class, may be without it. <c>ml.EvaluateInstructions</c> adds the last three columns up.</para>
/// <para>
/// It is a row-to-row mapper, so <c>Model.CreatePredictionEngine</c> takes it. Thread-safe. It holds the model's weights, and whoever created it disposes it. <b>A prediction engine disposes the transformer it is given</b>
/// unless it is created with <c>new PredictionEngineOptions { OwnsTransformer = false }</c>. <c>Model.Save</c> writes one self-contained zip, weights included, or the adapter alone where it was trained with
/// <see cref="LoraOptions.Saving"/> = <see cref="AdapterSaving.AdapterOnly"/>.
/// </para>
/// </remarks>
public sealed class FineTuneInstructionsWithDispersionTransformer : TextTransformer
{
    private readonly InstructionColumns _columns;
    private readonly SharedModel<AnsweringModel> _model;

    internal FineTuneInstructionsWithDispersionTransformer(IHostEnvironment environment, InstructionColumns columns, string backboneName, AnsweringModel model)
        : base(environment, nameof(FineTuneInstructionsWithDispersionTransformer), backboneName)
    {
        _columns = columns;
        model.Model.Backbone.eval();
        _model = new SharedModel<AnsweringModel>(model, nameof(FineTuneInstructionsWithDispersionTransformer), "fine-tuned model");
    }

    /// <summary>Gets the name of the column that is read first: prompts, roles, or rows of JSON.</summary>
    public override string TextColumnName => _columns.First;

    /// <summary>Gets the name of the column of completions, better answers or contents; null for rows of JSON.</summary>
    public string? CompletionColumnName => _columns.Second;

    /// <summary>Gets the name of the added column of answers.</summary>
    public string AnswerColumnName => _columns.Answer;

    /// <summary>Gets how training went, step by step; null for a model that was loaded.</summary>
    public FineTuneResult? TrainingResult { get; internal init; }

    /// <summary>Gets how condensed the model was on a fixed sample of rows: before training first, as it is now last (see <see cref="FineTuneOptions.GeometryProbe"/>). Saved and loaded with the model.</summary>
    public IReadOnlyList<GeometrySnapshot> GeometryHistory { get; internal init; } = [];

    /// <summary>Gets the language model, for chats, diagnostics and evaluation of your own. It stays the transformer's and lives as long as it.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public PretrainedLanguageModel LanguageModel => _model.Unguarded.Model;

    /// <inheritdoc/>
    internal override MeasuredModel Measurable => MeasuredModel.Borrowing(_model, answering => answering.Model);

    private protected override ModelFormat Format => InstructionManifest.Format;

    private protected override void Free() => _model.Dispose();

    /// <summary>Reads what saving wrote.</summary>
    /// <exception cref="FormatException">The header is damaged, or of a newer version.</exception>
    /// <exception cref="ModelFileException">A file of the checkpoint is damaged or missing.</exception>
    internal static FineTuneInstructionsWithDispersionTransformer Load(IHostEnvironment environment, LoadContext context)
    {
        InstructionManifest manifest = InstructionManifest.Read(context.Reader);
        var files = new ModelZipSource(context, manifest.Files);
        IReadOnlyList<GeometrySnapshot> geometry = GeometryHistoryFile.Read(files);
        EmbeddedBases.Register();
        var model = PretrainedLanguageModel.Load(ModelSource.FromSource(manifest.BackboneName, files), new ModelLoadOptions { Device = TorchRuntime.SelectDevice(ContextDevice.Of(environment)) });
        try
        {
            // The zip is closed by the time that the first row is read.
            _ = model.Tokenizer;
            var answering = new AnsweringModel(model, manifest.Columns, manifest.Instructions, manifest.Generation, manifest.AsChat, manifest.MaxTokens);
            return new FineTuneInstructionsWithDispersionTransformer(environment, manifest.Columns, manifest.BackboneName, answering) { GeometryHistory = geometry };
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private protected override DataViewSchema AddTo(DataViewSchema input)
    {
        _model.ThrowIfDisposed();
        _columns.Check(Host, SchemaShapes.Of(input), needsCompletion: false);
        return AddedColumns.Append(input, (builder, _) => _columns.AddTo(builder));
    }

    private protected override RowScoring ScoringFor(DataViewSchema input) => new(
        Host,
        new ScoringSchema(input, GetOutputSchema(input), _columns.First, _columns.Second is { } second && input.GetColumnOrNull(second) is not null ? second : null),
        () => new InstructionValues(Host, _model, _columns),
        "scored");

    private protected override void WriteFiles(ModelZipSink sink)
    {
        _model.Use(answering => answering.Model.Save(sink, new ModelSaveOptions { Adapter = answering.Model.Adapter?.Saving }));
        GeometryHistoryFile.Write(sink, GeometryHistory);
    }

    private protected override void WriteManifest(BinaryWriter writer, IReadOnlyList<StoredFile> files) =>
        _model.Use(answering => new InstructionManifest(_columns, BackboneName, answering.Instructions, answering.Generation, answering.AsChat, answering.MaxTokens, files).Write(writer));
}
