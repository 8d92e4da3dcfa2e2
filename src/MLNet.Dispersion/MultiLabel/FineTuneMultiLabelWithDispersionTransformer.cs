using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>A fine-tuned multi-label text classifier: adds the probability of each label, and which of them count as found, to every row.</summary>
/// <remarks>
/// <para>
/// Reads the text column, and that of second texts where it was trained on pairs (text; null and blank texts are scored as empty ones, texts longer than
/// the model reads by their beginning, with one warning a pass that counts them). Adds the predicted labels (vector of <see cref="bool"/>, whether the probability
/// reaches the label's threshold) and the score (vector of <see cref="float"/> of length <see cref="LabelCount"/>, probabilities that do not sum to 1, names of
/// labels as slot names). <c>ml.EvaluateMultiLabel</c> compares them with a label column, which is not read here.
/// </para>
/// <para>
/// It is a row-to-row mapper, so <c>Model.CreatePredictionEngine</c> takes it, alone and inside a chain. <see cref="TextTransformer.Transform"/> scores in blocks
/// of up to 256 rows while the data is read, and scores nothing where no added column is asked for.
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
public sealed class FineTuneMultiLabelWithDispersionTransformer : FineTunedTextTransformer
{
    private readonly MultiLabelColumns _columns;

    internal FineTuneMultiLabelWithDispersionTransformer(IHostEnvironment environment, MultiLabelColumns columns, string backboneName, IReadOnlyList<string> names, TextMultiLabelClassifier model)
        : base(environment, nameof(FineTuneMultiLabelWithDispersionTransformer), columns, backboneName, model)
    {
        _columns = columns;
        LabelNames = names;
        Thresholds = model.Thresholds;
    }

    /// <summary>Gets the name of the added column of found labels, a vector of <see cref="bool"/>.</summary>
    public string PredictedLabelColumnName => _columns.PredictedLabel;

    /// <summary>Gets the number of labels (K).</summary>
    public int LabelCount => OutputCount;

    /// <summary>Gets the names of the labels, those of the label column's slots; empty where it names none, or two the same.</summary>
    public IReadOnlyList<string> LabelNames { get; }

    /// <summary>Gets from which probability on each label counts as found: 0.5, or as tuned.</summary>
    public IReadOnlyList<float> Thresholds { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> ScoreNames => LabelNames;

    /// <summary>Writes a directory that Hugging Face's <c>AutoModelForSequenceClassification</c> loads with its head, with the problem type <c>multi_label_classification</c>: see <see cref="FineTunedTextModel.SavePretrained"/>. Thresholds are not among what that library knows.</summary>
    /// <param name="directory">The directory's path.</param>
    /// <param name="options">Number type and size of files; null for the defaults.</param>
    /// <exception cref="ArgumentException">The options ask for an adapter apart.</exception>
    /// <exception cref="NotSupportedException">The head is of another kind than the family's own; the message names both and the cure.</exception>
    /// <exception cref="ModelFileException">The directory cannot be written.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public void SavePretrained(string directory, ModelSaveOptions? options = null) =>
        Model.Use(model => model.SavePretrained(directory, LabelNames, options));

    private protected override ModelFormat Format => MultiLabelManifest.Format;

    /// <summary>Opens a multi-label classifier of Hugging Face's library.</summary>
    internal static FineTuneMultiLabelWithDispersionTransformer Open(IHostEnvironment environment, MultiLabelColumns columns, ModelSource source)
    {
        columns.Validate();
        TextMultiLabelClassifier classifier = TextMultiLabelClassifier.FromPretrained(source, columns.SecondText is not null, device: ContextDevice.Of(environment));
        return new FineTuneMultiLabelWithDispersionTransformer(environment, columns, source.Name, classifier.LabelNames, classifier);
    }

    /// <summary>Reads what saving wrote.</summary>
    /// <exception cref="FormatException">The header is damaged, or of a newer version.</exception>
    /// <exception cref="ModelFileException">A file of the model is damaged or missing.</exception>
    internal static FineTuneMultiLabelWithDispersionTransformer Load(IHostEnvironment environment, LoadContext context)
    {
        MultiLabelManifest manifest = MultiLabelManifest.Read(context.Reader);
        TextMultiLabelClassifier classifier = LoadModel(environment, context, manifest.Files, manifest.Columns, TextMultiLabelClassifier.Load, found => found.LabelCount == manifest.LabelCount
            ? null
            : $"its header speaks of {manifest.LabelCount} labels, its weights of {found.LabelCount}");
        return new FineTuneMultiLabelWithDispersionTransformer(environment, manifest.Columns, manifest.BackboneName, manifest.Names, classifier);
    }

    private protected override void AddColumns(DataViewSchema.Builder builder, uint setId) => _columns.AddTo(builder, setId, LabelCount, LabelNames);

    private protected override AddedValues NewScores() => new MultiLabelScores(Model, Thresholds);

    private protected override void WriteManifest(BinaryWriter writer, IReadOnlyList<StoredFile> files) =>
        new MultiLabelManifest(_columns, BackboneName, LabelCount, LabelNames, files).Write(writer);
}
