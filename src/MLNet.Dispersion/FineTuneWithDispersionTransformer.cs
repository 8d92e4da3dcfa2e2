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
    private readonly ClassValues? _classes;

    internal FineTuneWithDispersionTransformer(IHostEnvironment environment, ColumnNames columns, string backboneName, ClassValues? classes, ITextScorer scorer)
        : base(environment, nameof(FineTuneWithDispersionTransformer), columns, backboneName, scorer)
    {
        _classes = classes;
        ClassCount = scorer.OutputCount;
    }

    /// <summary>The name of the added column of the most probable class, a key of <see cref="uint"/>.</summary>
    public string PredictedLabelColumnName => Columns.PredictedLabel!;

    /// <summary>Classes: the number of values that the key type of the training label counts.</summary>
    public int ClassCount { get; }

    private protected override ModelFormat Format => ModelFormat.Classifier;

    /// <summary>Reads what saving wrote.</summary>
    /// <exception cref="FormatException">The header is damaged, or of a newer version.</exception>
    /// <exception cref="ModelFileException">A file of the checkpoint is damaged or missing.</exception>
    internal static FineTuneWithDispersionTransformer Load(IHostEnvironment environment, LoadContext context)
    {
        ModelManifest manifest = ModelManifest.Read(context.Reader);
        EmbeddedBases.Register();
        TextClassifier classifier = TextClassifier.Load(new ModelZipSource(context, manifest.Files));
        if (classifier.ClassCount != manifest.ClassCount)
        {
            int found = classifier.ClassCount;
            classifier.Dispose();
            throw new FormatException($"The model file is damaged: its header speaks of {manifest.ClassCount} classes, its weights of {found}. Save the model again, or fetch the file again.");
        }

        return new FineTuneWithDispersionTransformer(environment, manifest.Columns, manifest.BackboneName, manifest.Classes, new FineTunedScorer(classifier));
    }

    private protected override DataViewSchema AppendScores(DataViewSchema input) => OutputColumns.Append(input, Columns, ClassCount, _classes);

    private protected override AddedValues NewScores() => new ClassScores(Model, ClassCount);

    private protected override void WriteManifest(BinaryWriter writer, IReadOnlyList<StoredFile> files) =>
        new ModelManifest(Columns, BackboneName, ClassCount, _classes, files).Write(writer);
}
