using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>A fine-tuned text classifier: adds class probabilities and the most probable class to every row.</summary>
/// <remarks>
/// <para>
/// Reads the text column (text; null and blank texts are scored as empty ones, texts longer than the model reads by their beginning, with one warning
/// a pass that counts them). Adds the predicted label (key of <see cref="uint"/>, with the classes' values as key values) and the score (vector of
/// <see cref="float"/> of length <see cref="ClassCount"/>, probabilities that sum to 1, class names as slot names). The label column is not read:
/// rows whose label was never seen in training are scored like any other.
/// </para>
/// <para>
/// It is a row-to-row mapper, so <c>Model.CreatePredictionEngine</c> takes it, alone and inside a chain. <see cref="TextTransformer.Transform"/> scores in blocks
/// of up to 256 rows while the data is read, and scores nothing where neither added column is asked for.
/// </para>
/// <para>
/// Thread-safe: any number of cursors and prediction engines may use one instance at once. It holds the model's weights, and whoever created it
/// disposes it; after that every use throws <see cref="ObjectDisposedException"/>. <b>A prediction engine disposes the transformer it is given</b>
/// (through a chain, too) unless it is created with <c>new PredictionEngineOptions { OwnsTransformer = false }</c>: do so wherever several engines
/// share one model, since otherwise the first engine to be disposed ends the others.
/// </para>
/// <para>
/// <c>Model.Save</c> writes one self-contained zip, weights included; <c>Model.Load</c> reads it in any process that has this assembly beside it,
/// and puts the model on the best device there (CUDA where available, else CPU), wherever it was trained. A model that was trained with
/// <see cref="LoraOptions.Saving"/> = <see cref="AdapterSaving.AdapterOnly"/> writes a small zip instead, which needs its base again (<see cref="AdapterBases"/>).
/// </para>
/// </remarks>
public sealed class FineTuneWithDispersionTransformer : FineTunedTextTransformer
{
    private readonly ClassifierColumns _columns;
    private readonly ClassValues? _classes;
    private readonly LexicalPart? _lexical;

    internal FineTuneWithDispersionTransformer(IHostEnvironment environment, ClassifierColumns columns, string backboneName, ClassValues? classes, FineTunedTextModel model, LexicalPart? lexical = null)
        : base(environment, nameof(FineTuneWithDispersionTransformer), columns, backboneName, model)
    {
        _columns = columns;
        _classes = classes;
        _lexical = lexical;
    }

    /// <summary>Gets the name of the added column of the most probable class, a key of <see cref="uint"/>.</summary>
    public string PredictedLabelColumnName => _columns.PredictedLabel;

    /// <inheritdoc/>
    public override bool HasLexicalFeatures => _lexical is not null;

    /// <summary>
    /// Gets how much n-grams count beside the language model, whose own weight is <see cref="NetworkWeight"/>: probabilities are softmax(network weight x its log-probabilities + lexical weight x theirs).
    /// 0 without n-grams, and where held-out rows said that they do not help.
    /// </summary>
    public double LexicalWeight => _lexical?.Weights.Lexical ?? 0;

    /// <summary>Gets how much the language model's log-probabilities count; 1 without n-grams.</summary>
    public double NetworkWeight => _lexical?.Weights.Network ?? 1;

    /// <inheritdoc/>
    public override IReadOnlyList<string> ScoreNames => _classes is null ? [] : [.. _classes.Names.Select(name => name.ToString())];

    /// <summary>Gets the number of classes: of values that the key type of the training label counts.</summary>
    public int ClassCount => OutputCount;

    /// <summary>Writes a directory that Hugging Face's <c>AutoModelForSequenceClassification</c> loads with its head, the classes' names as its labels: see <see cref="FineTunedTextModel.SavePretrained"/>.</summary>
    /// <param name="directory">The directory's path.</param>
    /// <param name="options">Number type and size of files; null for the defaults.</param>
    /// <exception cref="ArgumentException">Two classes have the same name; or the options ask for an adapter apart.</exception>
    /// <exception cref="NotSupportedException">The head is of another kind than the family's own, or n-grams have a say in the scores; the message names the cure.</exception>
    /// <exception cref="ModelFileException">The directory cannot be written.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public void SavePretrained(string directory, ModelSaveOptions? options = null)
    {
        RefuseLexicalFeatures();
        Model.Use(model => model.SavePretrained(directory, ScoreNames, options));
    }

    private protected override ModelFormat Format => ClassifierManifest.Format;

    /// <summary>Opens a classifier of Hugging Face's library; its labels become the classes.</summary>
    internal static FineTuneWithDispersionTransformer Open(IHostEnvironment environment, ClassifierColumns columns, ModelSource source)
    {
        columns.Validate();
        TextClassifier classifier = TextClassifier.FromPretrained(source, columns.SecondText is not null, device: ContextDevice.Of(environment));
        return new FineTuneWithDispersionTransformer(environment, columns, source.Name, ClassValueKind.OfTexts(classifier.LabelNames), classifier);
    }

    /// <summary>Reads what saving wrote.</summary>
    /// <exception cref="FormatException">The header is damaged, or of a newer version.</exception>
    /// <exception cref="ModelFileException">A file of the model is damaged or missing.</exception>
    internal static FineTuneWithDispersionTransformer Load(IHostEnvironment environment, LoadContext context)
    {
        ClassifierManifest manifest = ClassifierManifest.Read(context.Reader);
        TextClassifier classifier = LoadModel(environment, context, manifest.Files, manifest.Columns, TextClassifier.Load, found => found.ClassCount == manifest.ClassCount
            ? null
            : $"its header speaks of {manifest.ClassCount} classes, its weights of {found.ClassCount}");
        try
        {
            LexicalPart? lexical = manifest.Lexical is { } weights ? new LexicalPart(LexicalClassifier.Read(new ModelZipSource(context, manifest.Files), LexicalFile.Name, manifest.ClassCount), weights) : null;
            return new FineTuneWithDispersionTransformer(environment, manifest.Columns, manifest.BackboneName, manifest.Classes, classifier, lexical);
        }
        catch
        {
            classifier.Dispose();
            throw;
        }
    }

    private protected override void AddColumns(DataViewSchema.Builder builder, uint setId) => _columns.AddTo(builder, setId, ClassCount, _classes);

    private protected override AddedValues NewScores() => new ClassScores(Model, ClassCount, _lexical);

    private protected override void WriteFiles(ModelZipSink sink)
    {
        base.WriteFiles(sink);
        if (_lexical is not null)
        {
            sink.Write(LexicalFile.Name, _lexical.Classifier.Write);
        }
    }

    private protected override void WriteManifest(BinaryWriter writer, IReadOnlyList<StoredFile> files) =>
        new ClassifierManifest(_columns, BackboneName, ClassCount, _classes, files) { Lexical = _lexical?.Weights }.Write(writer);
}
