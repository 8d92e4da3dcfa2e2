using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>A fine-tuned question answerer: adds the best answers, word for word from the context, to every row.</summary>
/// <remarks>
/// <para>
/// Reads the context and the question (text; null and blank ones count as empty). Contexts longer than the model reads are searched in windows that overlap. Adds vectors with an entry for each answer, the best first, <see cref="TopAnswers"/> at most: the answers (text), their scores (<see cref="float"/>,
/// the probability among the pieces that were weighed), their first characters and the ends behind their last ones (<see cref="int"/>, UTF-16 units of the context); and how probable it is that there is none (<see cref="float"/>).
/// Where that is above <see cref="NoAnswerThreshold"/>, the first answer is empty, with the places -1. <c>ml.EvaluateQuestionAnswering</c> compares answers with true ones, which are not read here.
/// </para>
/// <para>
/// It is a row-to-row mapper, so <c>Model.CreatePredictionEngine</c> takes it, alone and inside a chain. <see cref="TextTransformer.Transform"/> scores in blocks
/// of up to 256 rows while the data is read, and scores nothing where no added column is asked for.
/// </para>
/// <para>
/// Thread-safe: any number of cursors and prediction engines may use one instance at once. It holds the model's weights, and whoever created it
/// disposes it; after that every use throws <see cref="ObjectDisposedException"/>. <b>A prediction engine disposes the transformer it is given</b>
/// (through a chain, too) unless it is created with <c>new PredictionEngineOptions { OwnsTransformer = false }</c>.
/// </para>
/// <para>
/// <c>Model.Save</c> writes one self-contained zip, weights included; <c>Model.Load</c> reads it in any process that has this assembly beside it,
/// and puts the model on the best device there (CUDA where available, else CPU), wherever it was trained. A model that was trained with
/// <see cref="LoraOptions.Saving"/> = <see cref="AdapterSaving.AdapterOnly"/> writes a small zip instead, which needs its base again (<see cref="AdapterBases"/>).
/// </para>
/// </remarks>
public sealed class FineTuneAnswersWithDispersionTransformer : FineTunedTransformer<TextQuestionAnswerer>
{
    private readonly AnswerColumns _columns;

    internal FineTuneAnswersWithDispersionTransformer(IHostEnvironment environment, AnswerColumns columns, int topAnswers, string backboneName, TextQuestionAnswerer model)
        : base(environment, nameof(FineTuneAnswersWithDispersionTransformer), columns, backboneName, model)
    {
        _columns = columns;
        TopAnswers = topAnswers;
    }

    /// <summary>Gets the name of the column of questions.</summary>
    public string QuestionColumnName => _columns.Question;

    /// <summary>Gets the name of the added column of answers; those of places begin with it: <c>Answer.Start</c>, <c>Answer.End</c>, <c>Answer.NoAnswer</c> for <c>Answer</c>.</summary>
    public string AnswerColumnName => _columns.Answer;

    /// <summary>Gets how many answers a question gets at most.</summary>
    public int TopAnswers { get; }

    /// <summary>Gets or sets the probability of "no answer" above which a question is left without one: see <see cref="TextQuestionAnswerer.NoAnswerThreshold"/>. Saved with the model.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value set is not from 0 to 1.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public double NoAnswerThreshold
    {
        get => Model.Use(model => model.NoAnswerThreshold);
        set => Model.Use(model => model.NoAnswerThreshold = value);
    }

    private protected override ModelFormat Format => AnswerManifest.Format;

    /// <summary>Writes a directory that Hugging Face's <c>AutoModelForQuestionAnswering</c> loads with its head: see <see cref="TextQuestionAnswerer.SavePretrained"/>.</summary>
    /// <param name="directory">The directory's path.</param>
    /// <param name="options">Number type and size of files; null for the defaults.</param>
    /// <exception cref="ArgumentException">The options ask for an adapter apart.</exception>
    /// <exception cref="NotSupportedException">The family's own head is of another kind, or it has none; the message names the cure.</exception>
    /// <exception cref="ModelFileException">The directory cannot be written.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public void SavePretrained(string directory, ModelSaveOptions? options = null) => Model.Use(model => model.SavePretrained(directory, options));

    /// <summary>Opens a model for questions of Hugging Face's library.</summary>
    internal static FineTuneAnswersWithDispersionTransformer Open(IHostEnvironment environment, AnswerColumns columns, int topAnswers, ModelSource source, QuestionAnsweringOptions? answering)
    {
        columns.Validate();
        return new FineTuneAnswersWithDispersionTransformer(environment, columns, topAnswers, source.Name, TextQuestionAnswerer.FromPretrained(source, answering, device: ContextDevice.Of(environment)));
    }

    /// <summary>Reads what saving wrote.</summary>
    /// <exception cref="FormatException">The header is damaged, or of a newer version.</exception>
    /// <exception cref="ModelFileException">A file of the model is damaged or missing.</exception>
    internal static FineTuneAnswersWithDispersionTransformer Load(IHostEnvironment environment, LoadContext context)
    {
        AnswerManifest manifest = AnswerManifest.Read(context.Reader);
        TextQuestionAnswerer answerer = LoadModel(environment, context, manifest.Files, TextQuestionAnswerer.Load, _ => null);
        return new FineTuneAnswersWithDispersionTransformer(environment, manifest.Columns, manifest.TopAnswers, manifest.BackboneName, answerer);
    }

    private protected override void AddColumns(DataViewSchema.Builder builder, uint setId) => _columns.AddTo(builder, setId);

    private protected override AddedValues NewScores() => new AnswerValues(Model, TopAnswers);

    private protected override void WriteManifest(BinaryWriter writer, IReadOnlyList<StoredFile> files) => new AnswerManifest(_columns, TopAnswers, BackboneName, files).Write(writer);
}
