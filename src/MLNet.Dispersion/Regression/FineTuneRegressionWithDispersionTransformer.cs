using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>A fine-tuned text regression: adds a prediction to every row.</summary>
/// <remarks>
/// <para>
/// Reads the text column, and that of second texts where it was trained on pairs (text; null and blank texts are scored as empty ones, texts longer than
/// the model reads by their beginning, with one warning a pass that counts them). Adds the score (<see cref="float"/>, in the scale of the training
/// labels), by which <c>ml.Regression.Evaluate</c> knows it. The label column is not read.
/// </para>
/// <para>
/// It is a row-to-row mapper, so <c>Model.CreatePredictionEngine</c> takes it, alone and inside a chain. <see cref="TextTransformer.Transform"/> scores in blocks
/// of up to 256 rows while the data is read, and scores nothing where the added column is not asked for.
/// </para>
/// <para>
/// Thread-safe: any number of cursors and prediction engines may use one instance at once. It holds the model's weights, and whoever created it
/// disposes it; after that every use throws <see cref="ObjectDisposedException"/>. <b>A prediction engine disposes the transformer it is given</b>
/// (through a chain, too) unless it is created with <c>new PredictionEngineOptions { OwnsTransformer = false }</c>: do so wherever several engines
/// share one model, since otherwise the first engine to be disposed ends the others.
/// </para>
/// <para>
/// <c>Model.Save</c> writes one self-contained zip, weights included; <c>Model.Load</c> reads it in any process that has this assembly beside it,
/// and puts the model on the best device there (CUDA where available, else CPU), wherever it was trained.
/// </para>
/// </remarks>
public sealed class FineTuneRegressionWithDispersionTransformer : FineTunedTextTransformer
{
    private readonly RegressionColumns _columns;
    private readonly LexicalNumbers? _lexical;

    internal FineTuneRegressionWithDispersionTransformer(IHostEnvironment environment, RegressionColumns columns, string backboneName, FineTunedTextModel model, LexicalNumbers? lexical = null)
        : base(environment, nameof(FineTuneRegressionWithDispersionTransformer), columns, backboneName, model) => (_columns, _lexical) = (columns, lexical);

    /// <inheritdoc/>
    public override bool HasLexicalFeatures => _lexical is not null;

    /// <summary>
    /// Gets how much n-grams count beside the language model, whose own weight is <see cref="NetworkWeight"/>: scores are the labels' mean + network weight x (its score - mean) + lexical weight x (theirs - mean).
    /// 0 without n-grams, and where held-out rows said that they do not help.
    /// </summary>
    public double LexicalWeight => _lexical?.Weights.Lexical ?? 0;

    /// <summary>Gets how much the language model's scores count; 1 without n-grams.</summary>
    public double NetworkWeight => _lexical?.Weights.Network ?? 1;

    /// <summary>Writes a directory that Hugging Face's <c>AutoModelForSequenceClassification</c> loads with its head: see <see cref="FineTunedTextModel.SavePretrained"/>.</summary>
    /// <param name="directory">The directory's path.</param>
    /// <param name="options">Number type and size of files; null for the defaults.</param>
    /// <exception cref="ArgumentException">The options ask for an adapter apart.</exception>
    /// <exception cref="NotSupportedException">The head is of another kind than the family's own, or n-grams have a say in the scores; the message names the cure.</exception>
    /// <exception cref="ModelFileException">The directory cannot be written.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public void SavePretrained(string directory, ModelSaveOptions? options = null)
    {
        RefuseLexicalFeatures();
        Model.Use(model => model.SavePretrained(directory, options: options));
    }

    private protected override ModelFormat Format => RegressionManifest.Format;

    /// <summary>Opens a regressor of Hugging Face's library.</summary>
    internal static FineTuneRegressionWithDispersionTransformer Open(IHostEnvironment environment, RegressionColumns columns, ModelSource source)
    {
        columns.Validate();
        return new FineTuneRegressionWithDispersionTransformer(environment, columns, source.Name, TextRegressor.FromPretrained(source, columns.SecondText is not null, device: ContextDevice.Of(environment)));
    }

    /// <summary>Reads what saving wrote.</summary>
    /// <exception cref="FormatException">The header is damaged, or of a newer version.</exception>
    /// <exception cref="ModelFileException">A file of the model is damaged or missing.</exception>
    internal static FineTuneRegressionWithDispersionTransformer Load(IHostEnvironment environment, LoadContext context)
    {
        RegressionManifest manifest = RegressionManifest.Read(context.Reader);
        TextRegressor regressor = LoadModel(environment, context, manifest.Files, manifest.Columns, TextRegressor.Load);
        try
        {
            LexicalNumbers? lexical = manifest.Lexical is { } weights ? new LexicalNumbers(LexicalRegressor.Read(new ModelZipSource(context, manifest.Files), LexicalFile.Name), weights, manifest.LexicalMean) : null;
            return new FineTuneRegressionWithDispersionTransformer(environment, manifest.Columns, manifest.BackboneName, regressor, lexical);
        }
        catch
        {
            regressor.Dispose();
            throw;
        }
    }

    private protected override void AddColumns(DataViewSchema.Builder builder, uint setId) => _columns.AddTo(builder, setId);

    private protected override AddedValues NewScores() => new RegressionScores(Model, _lexical);

    private protected override void WriteFiles(ModelZipSink sink)
    {
        base.WriteFiles(sink);
        if (_lexical is not null)
        {
            sink.Write(LexicalFile.Name, _lexical.Regressor.Write);
        }
    }

    private protected override void WriteManifest(BinaryWriter writer, IReadOnlyList<StoredFile> files) =>
        new RegressionManifest(_columns, BackboneName, files) { Lexical = _lexical?.Weights, LexicalMean = _lexical?.Mean ?? 0 }.Write(writer);
}
