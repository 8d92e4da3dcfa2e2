using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>A fine-tuned token classifier: adds a tag for each word, and the entities that the tags make, to every row.</summary>
/// <remarks>
/// <para>
/// Reads the text column: text, which is cut into words as <see cref="Cutting"/> says, or a vector of words, which are joined by blanks; null and blank texts have no words.
/// Texts longer than the model reads are tagged in windows that overlap; nothing is cut off.
/// Adds vectors whose length varies by row: the tag of each word (text) and its probability (<see cref="float"/>), and of each entity its label and its text (text), its first character and
/// the end behind its last one (<see cref="int"/>, UTF-16 units of the text, or of the words joined by blanks) and its score (<see cref="float"/>, the mean of its words').
/// <c>ml.EvaluateTokens</c> compares the tags with a column of true ones, which is not read here.
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
public sealed class FineTuneTokensWithDispersionTransformer : FineTunedTransformer<TextTokenClassifier>
{
    private readonly TokenColumns _columns;

    internal FineTuneTokensWithDispersionTransformer(IHostEnvironment environment, TokenColumns columns, WordCutting cutting, string backboneName, TextTokenClassifier model)
        : base(environment, nameof(FineTuneTokensWithDispersionTransformer), columns, backboneName, model)
    {
        _columns = columns;
        Cutting = cutting;
        Tags = model.Tags;
    }

    /// <summary>Gets the name of the added column of tags, a vector of text.</summary>
    public string PredictedLabelColumnName => _columns.PredictedLabel;

    /// <summary>Gets what the names of the added columns of entities begin with: <c>Entity.Label</c>, <c>Entity.Text</c>, <c>Entity.Start</c>, <c>Entity.End</c>, <c>Entity.Score</c> for <c>Entity</c>.</summary>
    public string EntityColumnName => _columns.Entity;

    /// <summary>Gets the tags that it gives.</summary>
    public IReadOnlyList<string> Tags { get; }

    /// <summary>Gets how texts are cut into words where the text column does not hold words: as in training, at signs where that was on words.</summary>
    public WordCutting Cutting { get; }

    private protected override ModelFormat Format => TokenManifest.Format;

    /// <summary>Writes a directory that Hugging Face's <c>AutoModelForTokenClassification</c> loads with its head and tags: see <see cref="TextTokenClassifier.SavePretrained"/>.</summary>
    /// <param name="directory">The directory's path.</param>
    /// <param name="options">Number type and size of files; null for the defaults.</param>
    /// <exception cref="ArgumentException">The options ask for an adapter apart.</exception>
    /// <exception cref="NotSupportedException">The family's own head is of another kind, or it has none; the message names the cure.</exception>
    /// <exception cref="ModelFileException">The directory cannot be written.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public void SavePretrained(string directory, ModelSaveOptions? options = null) => Model.Use(model => model.SavePretrained(directory, options));

    /// <summary>Opens a token classifier of Hugging Face's library.</summary>
    internal static FineTuneTokensWithDispersionTransformer Open(IHostEnvironment environment, TokenColumns columns, WordCutting cutting, ModelSource source)
    {
        columns.Validate();
        return new FineTuneTokensWithDispersionTransformer(environment, columns, cutting, source.Name, TextTokenClassifier.FromPretrained(source, device: ContextDevice.Of(environment)));
    }

    /// <summary>Reads what saving wrote.</summary>
    /// <exception cref="FormatException">The header is damaged, or of a newer version.</exception>
    /// <exception cref="ModelFileException">A file of the model is damaged or missing.</exception>
    internal static FineTuneTokensWithDispersionTransformer Load(IHostEnvironment environment, LoadContext context)
    {
        TokenManifest manifest = TokenManifest.Read(context.Reader);
        TextTokenClassifier classifier = LoadModel(environment, context, manifest.Files, TextTokenClassifier.Load, _ => null);
        return new FineTuneTokensWithDispersionTransformer(environment, manifest.Columns, manifest.Cutting, manifest.BackboneName, classifier);
    }

    private protected override void AddColumns(DataViewSchema.Builder builder, uint setId) => _columns.AddTo(builder, setId);

    private protected override AddedValues NewScores() => new TokenScores(Model, Cutting);

    private protected override void WriteManifest(BinaryWriter writer, IReadOnlyList<StoredFile> files) => new TokenManifest(_columns, Cutting, BackboneName, files).Write(writer);
}
