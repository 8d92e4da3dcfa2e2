using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>A text embedding model: adds the vector of each row's text, and for pairs of texts both vectors and their cosine.</summary>
/// <remarks>
/// <para>
/// Reads the text column (text; null and blank texts are embedded as empty ones, texts longer than the model reads by their beginning, with one warning a pass that counts them) and adds the embedding
/// (vector of <see cref="float"/> of length <see cref="EmbeddingSize"/>), which any trainer takes as features. Where the data has the column of second texts, their embedding and the score (<see cref="float"/>, the cosine
/// of the two, -1..1) are added as well. Columns of scores and negatives are not read.
/// </para>
/// <para>
/// It is a row-to-row mapper, so <c>Model.CreatePredictionEngine</c> takes it, alone and inside a chain. <see cref="TextTransformer.Transform"/> embeds in blocks
/// of up to 256 rows while the data is read, and embeds nothing where no added column is asked for.
/// </para>
/// <para>
/// Thread-safe: any number of cursors and prediction engines may use one instance at once. It holds the model's weights, unless <see cref="ForColumn"/> made it, and whoever created it
/// disposes it; after that every use throws <see cref="ObjectDisposedException"/>. <b>A prediction engine disposes the transformer it is given</b>
/// (through a chain, too) unless it is created with <c>new PredictionEngineOptions { OwnsTransformer = false }</c>.
/// </para>
/// <para>
/// <c>Model.Save</c> writes one self-contained zip, weights included; <c>Model.Load</c> reads it in any process that has this assembly beside it,
/// and puts the model on the best device there (CUDA where available, else CPU), wherever it was trained. A model that was trained with
/// <see cref="LoraOptions.Saving"/> = <see cref="AdapterSaving.AdapterOnly"/> writes a small zip instead, which needs its base again (<see cref="AdapterBases"/>).
/// </para>
/// </remarks>
public sealed class FineTuneEmbeddingsWithDispersionTransformer : FineTunedTextTransformer
{
    private readonly EmbeddingColumns _columns;

    internal FineTuneEmbeddingsWithDispersionTransformer(IHostEnvironment environment, EmbeddingColumns columns, string backboneName, TextEmbedder model)
        : base(environment, nameof(FineTuneEmbeddingsWithDispersionTransformer), columns, backboneName, model) => _columns = columns;

    private FineTuneEmbeddingsWithDispersionTransformer(IHostEnvironment environment, EmbeddingColumns columns, FineTuneEmbeddingsWithDispersionTransformer lender)
        : base(environment, nameof(FineTuneEmbeddingsWithDispersionTransformer), columns, lender) => _columns = columns;

    /// <summary>Gets the name of the added column of the texts' vectors.</summary>
    public string EmbeddingColumnName => _columns.Embedding;

    /// <summary>Gets the name of the column of the second texts' vectors, which is added where the data has second texts.</summary>
    public string SecondEmbeddingColumnName => _columns.SecondEmbedding;

    /// <summary>Gets the features of a vector (K).</summary>
    public int EmbeddingSize => OutputCount;

    /// <summary>Gets the model itself, which embeds texts outside of ML.NET's data. It stays the transformer's and lives as long as it.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public TextEmbedder Embedder => (TextEmbedder)Model.Unguarded;

    private protected override ModelFormat Format => EmbeddingManifest.Format;

    /// <summary>Makes a transformer of the same model for a column of single texts, such as features for a trainer.</summary>
    /// <param name="textColumnName">The text column.</param>
    /// <param name="embeddingColumnName">The column of vectors to add.</param>
    /// <returns>A transformer whose model stays this one's, which must outlive it. Saved, it holds the model.</returns>
    /// <exception cref="ArgumentException">A column has no name, or both have the same.</exception>
    public FineTuneEmbeddingsWithDispersionTransformer ForColumn(string textColumnName, string embeddingColumnName = "Embedding")
    {
        EmbeddingColumns columns = EmbeddingColumns.OfTexts(textColumnName, embeddingColumnName);
        columns.Validate();
        return new FineTuneEmbeddingsWithDispersionTransformer(Host, columns, this);
    }

    /// <summary>Writes a directory that sentence-transformers opens: see <see cref="TextEmbedder.SavePretrained"/>.</summary>
    /// <param name="directory">The directory's path.</param>
    /// <param name="options">Number type and size of files; null for the defaults.</param>
    /// <exception cref="ArgumentException">The options ask for an adapter apart, that library does not know the pooling, or the model is a decoder.</exception>
    /// <exception cref="NotSupportedException">Vectors are cut to fewer features than the model has.</exception>
    /// <exception cref="ModelFileException">The directory cannot be written.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public void SavePretrained(string directory, ModelSaveOptions? options = null) => Model.Use(model => model.SavePretrained(directory, options: options));

    /// <summary>Takes a pretrained model as it is.</summary>
    internal static FineTuneEmbeddingsWithDispersionTransformer Open(IHostEnvironment environment, EmbeddingColumns columns, ModelSource source)
    {
        columns.Validate();
        return new FineTuneEmbeddingsWithDispersionTransformer(environment, columns, source.Name, TextEmbedder.FromPretrained(source, device: ContextDevice.Of(environment)));
    }

    /// <summary>Reads what saving wrote.</summary>
    /// <exception cref="FormatException">The header is damaged, or of a newer version.</exception>
    /// <exception cref="ModelFileException">A file of the model is damaged or missing.</exception>
    internal static FineTuneEmbeddingsWithDispersionTransformer Load(IHostEnvironment environment, LoadContext context)
    {
        EmbeddingManifest manifest = EmbeddingManifest.Read(context.Reader);
        TextEmbedder embedder = LoadModel(environment, context, manifest.Files, manifest.Columns, TextEmbedder.Load, found => found.OutputCount == manifest.Size
            ? null
            : $"its header speaks of vectors of {manifest.Size} features, its files of {found.OutputCount}");
        return new FineTuneEmbeddingsWithDispersionTransformer(environment, manifest.Columns, manifest.BackboneName, embedder);
    }

    private protected override DataViewSchema AddTo(DataViewSchema input)
    {
        Model.ThrowIfDisposed();
        EmbeddingColumns present = _columns.In(input);
        present.CheckTexts(Host, SchemaShapes.Of(input));
        return AddedColumns.Append(input, (builder, setId) => present.AddTo(builder, setId, EmbeddingSize));
    }

    private protected override void AddColumns(DataViewSchema.Builder builder, uint setId) => _columns.AddTo(builder, setId, EmbeddingSize);

    private protected override RowScoring ScoringFor(DataViewSchema input) =>
        new(Host, new ScoringSchema(input, GetOutputSchema(input), _columns.Text, _columns.In(input).SecondText), NewScores, "embedded");

    private protected override AddedValues NewScores() => new EmbeddingScores(Model, EmbeddingSize);

    private protected override void WriteManifest(BinaryWriter writer, IReadOnlyList<StoredFile> files) =>
        new EmbeddingManifest(_columns, BackboneName, EmbeddingSize, files).Write(writer);
}
