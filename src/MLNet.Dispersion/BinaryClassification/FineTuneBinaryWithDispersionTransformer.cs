using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>A fine-tuned binary text classifier: adds score, probability and answer to every row.</summary>
/// <remarks>
/// <para>
/// Reads the text column, and that of second texts where it was trained on pairs (text; null and blank texts are scored as empty ones, texts longer than
/// the model reads by their beginning, with one warning a pass that counts them). Adds the predicted label (<see cref="bool"/>, whether the score is above 0),
/// the score (<see cref="float"/>, the logarithm of the odds of yes) and the probability (<see cref="float"/>, the sigmoid of the score), by which
/// <c>ml.BinaryClassification.Evaluate</c> knows it. The label column is not read.
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
public sealed class FineTuneBinaryWithDispersionTransformer : FineTunedTextTransformer
{
    private readonly BinaryColumns _columns;

    internal FineTuneBinaryWithDispersionTransformer(IHostEnvironment environment, BinaryColumns columns, string backboneName, FineTunedTextModel model)
        : base(environment, nameof(FineTuneBinaryWithDispersionTransformer), columns, backboneName, model) => _columns = columns;

    /// <summary>Gets the name of the added column of probabilities, <see cref="float"/>.</summary>
    public string ProbabilityColumnName => _columns.Probability;

    /// <summary>Gets the name of the added column of answers, <see cref="bool"/>.</summary>
    public string PredictedLabelColumnName => _columns.PredictedLabel;

    private protected override ModelFormat Format => BinaryManifest.Format;

    /// <summary>Reads what saving wrote.</summary>
    /// <exception cref="FormatException">The header is damaged, or of a newer version.</exception>
    /// <exception cref="ModelFileException">A file of the model is damaged or missing.</exception>
    internal static FineTuneBinaryWithDispersionTransformer Load(IHostEnvironment environment, LoadContext context)
    {
        BinaryManifest manifest = BinaryManifest.Read(context.Reader);
        TextBinaryClassifier classifier = LoadModel(environment, context, manifest.Files, manifest.Columns, TextBinaryClassifier.Load);
        return new FineTuneBinaryWithDispersionTransformer(environment, manifest.Columns, manifest.BackboneName, classifier);
    }

    private protected override void AddColumns(DataViewSchema.Builder builder, uint setId) => _columns.AddTo(builder, setId);

    private protected override AddedValues NewScores() => new BinaryScores(Model);

    private protected override void WriteManifest(BinaryWriter writer, IReadOnlyList<StoredFile> files) =>
        new BinaryManifest(_columns, BackboneName, files).Write(writer);
}
