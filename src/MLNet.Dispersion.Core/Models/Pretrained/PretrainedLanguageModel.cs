using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>A language model, causal or an encoder, with its tokenizer, in memory.</summary>
/// <remarks>The owner disposes it, which frees the weights. In evaluation mode it may be used by several threads.</remarks>
public sealed partial class PretrainedLanguageModel : IDisposable
{
    private readonly Lazy<TextTokenizer> _tokenizer;

    /// <summary>Joins a backbone, which it owns from then on, and a tokenizer.</summary>
    /// <param name="name">What to call it in messages and reports.</param>
    /// <param name="backbone">The backbone; all on one device.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <exception cref="ArgumentException">The tokenizer has ids that the backbone's embedding lacks. Of added tokens it may, such as one for padding: a text that holds such a token is then refused.</exception>
    public PretrainedLanguageModel(string name, LanguageBackbone backbone, TextTokenizer tokenizer)
        : this(name, backbone, new Lazy<TextTokenizer>(tokenizer ?? throw new ArgumentNullException(nameof(tokenizer))), hasTokenizer: true)
    {
        if (tokenizer.OwnVocabularySize > backbone.Info.VocabularySize)
        {
            throw new ArgumentException(Mismatch(tokenizer, backbone.Info), nameof(tokenizer));
        }
    }

    private PretrainedLanguageModel(string name, LanguageBackbone backbone, Lazy<TextTokenizer> tokenizer, bool hasTokenizer)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(backbone);
        Name = name;
        Backbone = backbone;
        _tokenizer = tokenizer;
        HasTokenizer = hasTokenizer;
    }

    /// <summary>Gets what it is called in messages and reports.</summary>
    public string Name { get; }

    /// <summary>Gets the network.</summary>
    public LanguageBackbone Backbone { get; }

    /// <summary>
    /// Gets the head of a task that stands on the network beside, or in place of, a language model's: that of a Hugging Face classifier of texts or tokens, of answers' spans or of masked tokens. Null where there is none.
    /// </summary>
    /// <remarks>It is saved with the model. It is this object's and lives as long.</remarks>
    public PretrainedHead? Head => AdapterHead ?? OwnHead;

    /// <summary>The head that came with the model's own files, or that it was given.</summary>
    internal PretrainedHead? OwnHead { get; private set; }

    /// <summary>Gives the model another head of its own, or none, and frees the former.</summary>
    internal void ReplaceHead(PretrainedHead? head)
    {
        OwnHead?.Dispose();
        OwnHead = head;
    }

    /// <summary>Checks that the model predicts next tokens.</summary>
    /// <param name="what">What is asked of it, as the subject of a sentence.</param>
    /// <exception cref="ArgumentException">It is an encoder.</exception>
    internal void RequireCausal(string what)
    {
        if (!Backbone.IsCausal)
        {
            throw new ArgumentException($"{what} needs a model that predicts the next token, but {Name} ({Backbone.Info.ModelType}) is an encoder. Take a causal model, such as GPT-2; an encoder can be fine-tuned for classification and regression, and gives embeddings and geometry reports.");
        }

        if (!Backbone.PredictsTokens)
        {
            throw new ArgumentException($"{what} needs a model that predicts the next token, but the files of {Name} ({Backbone.Info.ModelType}) hold no language-model head. Take the files of its causal language model.");
        }
    }

    /// <summary>Gets the tokenizer; read at first use.</summary>
    /// <exception cref="ModelFileException">The checkpoint has no tokenizer files, damaged ones, or more ids than the embedding has rows.</exception>
    public TextTokenizer Tokenizer => _tokenizer.Value;

    /// <summary>Gets whether there are tokenizer files at all; without them <see cref="Tokenizer"/> fails and saving writes the network alone.</summary>
    public bool HasTokenizer { get; }

    /// <summary>Gets what the model's generation_config.json says of how it writes text; null where there is none.</summary>
    public GenerationConfig? GenerationConfig { get; private init; }

    /// <summary>Gets the tokens that end a text: those of generation_config.json; where that names none, those of config.json, else the tokenizer's.</summary>
    /// <remarks>As in Hugging Face's library no other token ends a text there. A chat's answer ends with what its template writes behind one, too (<see cref="LanguageModelChat"/>).</remarks>
    /// <exception cref="ModelFileException">As <see cref="Tokenizer"/>.</exception>
    public IReadOnlyCollection<int> EndTokenIds
    {
        get
        {
            // What lies beyond the vocabulary stands in no text: a config.json with such ids alone says nothing.
            IReadOnlyList<int> own = GenerationConfig?.EndTokenIds ?? (Backbone.EndTokenIds.Any(id => id < Backbone.Info.VocabularySize) ? Backbone.EndTokenIds : Tokenizer.EosTokenId is { } end ? [end] : []);
            return (int[])[.. own.Distinct()];
        }
    }

    /// <summary>
    /// Gets how the hidden states of a text become one vector unless the options say otherwise: as the files of a sentence-transformers directory say (modules.json), else the mean of
    /// the tokens (measured in docs/measured-defaults.md).
    /// </summary>
    /// <exception cref="ModelFileException">modules.json asks for what is not supported; the message names it.</exception>
    public TextPooling DefaultPooling => Sentence?.Pooling ?? TextPooling.Mean;

    /// <summary>Gets whether such vectors are scaled to the length 1 unless the options say otherwise: as modules.json says, else true.</summary>
    /// <exception cref="ModelFileException">modules.json asks for what is not supported; the message names it.</exception>
    public bool DefaultNormalize => Sentence?.Normalize ?? true;

    /// <summary>Gets the names of the files, other than weights, that were edited, replaced or deleted since this library saved the directory, sorted; empty where none was, and where it wrote no list of them.</summary>
    /// <remarks>The model is as the files are now. ML.NET's log is told of it where an estimator loads the model.</remarks>
    public IReadOnlyList<string> ChangedFiles { get; private init; } = [];

    /// <summary>What was done with the weights since they were loaded, for the card of a saved directory.</summary>
    internal IList<TrainingNote> Trainings { get; } = [];

    /// <summary>The model card that lay with the files.</summary>
    internal BaseCard BaseCard { get; private init; } = BaseCard.None;

    /// <summary>What a sentence-transformers directory says; null where it came from none.</summary>
    internal SentenceModules? Sentence { get; init; }

    /// <summary>The most tokens of a text that a sentence-transformers directory allows: its own <c>max_seq_length</c>, else, as that library does it, the tokenizer's <c>model_max_length</c>. Null where neither is said, and elsewhere.</summary>
    /// <exception cref="ModelFileException">As <see cref="Tokenizer"/>.</exception>
    internal int? SentenceMaxTokens => Sentence is null ? null : Sentence.MaxTokens ?? (HasTokenizer && Tokenizer is PipelineTokenizer { ModelMaxLength: > 0 and var most } ? most : null);

    /// <summary>Gets where the weights are.</summary>
    public Device Device => Backbone.parameters().First().device;

    /// <inheritdoc/>
    public void Dispose()
    {
        using var inside = ExitGate.Enter();
        AdapterHead?.Dispose();
        OwnHead?.Dispose();
        Backbone.Dispose();
    }

    private static TextTokenizer LoadTokenizer(FileSource source, BackboneInfo info)
    {
        var tokenizer = TextTokenizer.Load(source);
        return tokenizer.OwnVocabularySize <= info.VocabularySize
            ? tokenizer
            : throw new ModelFileException(source.Name, Mismatch(tokenizer, info));
    }

    private static string Mismatch(TextTokenizer tokenizer, BackboneInfo info) =>
        $"The tokenizer has ids up to {tokenizer.OwnVocabularySize - 1}, but the backbone's embedding has {info.VocabularySize} rows. They belong to different models: take both from the same checkpoint.";
}
