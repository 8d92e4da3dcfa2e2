using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>A fine-tuned ranking: adds to every row the score of its document for its query.</summary>
/// <remarks>
/// <para>
/// Reads the columns of queries and documents (text; null and blank texts are scored as empty ones, pairs longer than
/// the model reads lose tokens at the end of the longer text, with one warning a pass that counts them). Adds the score (<see cref="float"/>, the higher the more relevant; it compares documents of one query).
/// <c>ml.EvaluateTextRanking</c> compares it with relevances; those and the groups are not read here.
/// </para>
/// <para>
/// It is a row-to-row mapper, so <c>Model.CreatePredictionEngine</c> takes it, alone and inside a chain. <see cref="TextTransformer.Transform"/> scores in blocks
/// of up to 256 rows while the data is read, and scores nothing where the added column is not asked for.
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
public sealed class FineTuneRankingWithDispersionTransformer : FineTunedTextTransformer
{
    private readonly RankingColumns _columns;

    internal FineTuneRankingWithDispersionTransformer(IHostEnvironment environment, RankingColumns columns, string backboneName, TextRanker model)
        : base(environment, nameof(FineTuneRankingWithDispersionTransformer), columns, backboneName, model) => _columns = columns;

    /// <summary>Gets the model itself, which scores pairs outside of ML.NET's data. It stays the transformer's and lives as long as it.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public TextRanker Ranker => (TextRanker)Model.Unguarded;

    private protected override ModelFormat Format => RankingManifest.Format;

    /// <summary>Writes a directory that sentence-transformers' <c>CrossEncoder</c> and Hugging Face's <c>AutoModelForSequenceClassification</c> load with its head: see <see cref="FineTunedTextModel.SavePretrained"/>.</summary>
    /// <param name="directory">The directory's path.</param>
    /// <param name="options">Number type and size of files; null for the defaults.</param>
    /// <exception cref="ArgumentException">The options ask for an adapter apart.</exception>
    /// <exception cref="NotSupportedException">The head is of another kind than the family's own; the message names both and the cure.</exception>
    /// <exception cref="ModelFileException">The directory cannot be written.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public void SavePretrained(string directory, ModelSaveOptions? options = null) => Model.Use(model => model.SavePretrained(directory, options: options));

    /// <summary>Opens a cross-encoder with its head.</summary>
    internal static FineTuneRankingWithDispersionTransformer Open(IHostEnvironment environment, RankingColumns columns, ModelSource source)
    {
        columns.Validate();
        return new FineTuneRankingWithDispersionTransformer(environment, columns, source.Name, TextRanker.FromPretrained(source, device: ContextDevice.Of(environment)));
    }

    /// <summary>Reads what saving wrote.</summary>
    /// <exception cref="FormatException">The header is damaged, or of a newer version.</exception>
    /// <exception cref="ModelFileException">A file of the model is damaged or missing.</exception>
    internal static FineTuneRankingWithDispersionTransformer Load(IHostEnvironment environment, LoadContext context)
    {
        RankingManifest manifest = RankingManifest.Read(context.Reader);
        TextRanker ranker = LoadModel(environment, context, manifest.Files, manifest.Columns, TextRanker.Load);
        return new FineTuneRankingWithDispersionTransformer(environment, manifest.Columns, manifest.BackboneName, ranker);
    }

    private protected override void AddColumns(DataViewSchema.Builder builder, uint setId) => _columns.AddTo(builder, setId);

    private protected override AddedValues NewScores() => new NumberScores(Model);

    private protected override void WriteManifest(BinaryWriter writer, IReadOnlyList<StoredFile> files) => new RankingManifest(_columns, BackboneName, files).Write(writer);
}
