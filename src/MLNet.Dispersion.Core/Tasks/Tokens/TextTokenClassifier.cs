using System.Globalization;
using System.Runtime.InteropServices;

namespace MLNet.Dispersion;

/// <summary>A fine-tuned backbone that gives each word of a text a tag, such as those of named entities.</summary>
/// <remarks>
/// <para>
/// The head reads every token. The first token of a word stands for it, in training and in scoring; the others are not looked at, as is usual for such tags.
/// The tokens are those of the whole text, words that were given apart being joined by blanks. A text longer than the model reads is cut into windows that overlap by a
/// quarter, and each word is learned and tagged in the window in which it has the most context: nothing is cut off.
/// </para>
/// <para>Scoring is thread-safe; concurrent callers may run side by side. The owner disposes it, which frees the weights.</para>
/// </remarks>
/// <example>
/// <code>
/// using MLNet.Dispersion;
///
/// WordText[] texts = [WordText.Of("Ada Lovelace lived in London."), WordText.Of("It rained in Paris.")];
/// EntitySpan[][] spans = [[new("PER", 0, 12), new("LOC", 22, 28)], [new("LOC", 13, 18)]];
/// using TextTokenClassifier tagger = TextTokenClassifier.Train(
///     ModelSource.TinyEnglish, texts, [.. texts.Zip(spans, (text, found) => text.Tag(found))], new FineTuneOptions { Epochs = 5, ValidationFraction = 0 });
/// foreach (FoundEntity entity in tagger.Tag([WordText.Of("She moved to Rome.")])[0].Entities)
/// {
///     Console.WriteLine($"{entity.Label} {entity.Text} {entity.Score:0.00}");
/// }
/// </code>
/// </example>
public sealed class TextTokenClassifier : FineTunedModel
{
    private static readonly HeadFiles Files = new("token_classifier");
    private readonly FittedTokens _fitted;
    private readonly WordEncoder _encoder;
    private readonly int _outside;

    private TextTokenClassifier(FittedTokens fitted)
        : base(fitted)
    {
        _fitted = fitted;
        _encoder = new WordEncoder(fitted.Model, fitted.Encoder);
        _outside = OutsideOf(fitted.LabelNames);
    }

    /// <summary>Gets the tags, by their numbers.</summary>
    public IReadOnlyList<string> Tags => Names;

    /// <summary>Gets the head, which gives each token a number for each tag; it stays this object's and lives as long.</summary>
    public PretrainedHead Head => _fitted.Head;

    /// <summary>Fine-tunes a backbone on texts whose words have tags.</summary>
    /// <param name="backbone">Where the pretrained weights come from.</param>
    /// <param name="texts">The training texts.</param>
    /// <param name="tags">A tag for each word of each text: of any scheme (<c>B-PER</c>, <c>I-PER</c>, <c>O</c>, …), or plain classes of words.</param>
    /// <param name="options">How to train. Losses that it reports are cross-entropies in nats, the mean over words.</param>
    /// <param name="exampleWeights">How much the words of each text count, at least 0, not all 0; null (default) where all count the same.</param>
    /// <param name="metric">A figure of your own by which the best weights are chosen and training stops early, the higher the better: asked at the end of each epoch of the model as it is then, which is lent for the call. Needs held-out rows (<see cref="FineTuneOptions.ValidationFraction"/>). Null (default): <see cref="FineTuneOptions.BestBy"/>.</param>
    /// <exception cref="ArgumentException">No rows, counts that differ, words without tag, fewer than two tags, a bad weight, or a bad option.</exception>
    /// <exception cref="ModelFileException">The backbone's files are missing or damaged, or a training checkpoint (<see cref="FineTuneOptions.Checkpoints"/>) is damaged, another run's or cannot be written.</exception>
    /// <exception cref="TorchUnavailableException">The native library does not load.</exception>
    /// <exception cref="TrainingDivergedException">The loss became NaN before an epoch had been validated.</exception>
    /// <exception cref="OperationCanceledException">The options' token was cancelled.</exception>
    public static TextTokenClassifier Train(
        ModelSource backbone,
        IReadOnlyList<WordText> texts,
        IReadOnlyList<IReadOnlyList<string>> tags,
        FineTuneOptions options,
        IReadOnlyList<float>? exampleWeights = null,
        Func<TextTokenClassifier, double>? metric = null)
    {
        options = Checked(backbone, options, "token classification");
        string[] known = KnownTags(texts, tags);
        ExampleWeights.Check(texts.Count, exampleWeights);
        TokenClassifierSettings? saved = Files.ToGoOnFrom<TokenClassifierSettings>(backbone, options);
        return new TextTokenClassifier(FittedTokens.Train(
            backbone,
            options,
            HeadTask.Tokens,
            known,
            known.Length,
            (model, encoder, head) =>
            {
                var words = new WordEncoder(model, encoder);
                Dictionary<string, int> ids = head.Labels.Index().ToDictionary(label => label.Item, label => label.Index, StringComparer.Ordinal);
                StoredRows stored = StoredRows.Make(options.Storage, columns: 3, Key, rows =>
                {
                    for (int text = 0; text < texts.Count; text++)
                    {
                        IReadOnlyList<string> own = tags[text];
                        EncodedWords encoded = words.Encode([texts[text]]);
                        foreach ((int place, WordWindow window) in encoded.Windows.Index())
                        {
                            rows.Add(encoded.Texts.Sequences[place], [text], [.. window.Words.SelectMany(word => (int[])[word.Position, ids[own[word.Word]]])]);
                        }
                    }
                });
                var targets = new LazyList<TokenTarget[]>(stored.Count, row => MemoryMarshal.Cast<int, TokenTarget>(stored.Column(2)[row].AsSpan()).ToArray());
                var all = new EncodedTexts(stored.Column(0), SecondStarts: null, Truncated: 0) { Examples = [.. stored.Column(1).Select(text => text[0])] };
                return (stored, new TrainingRows(all), new TokenObjective(head, targets, OutsideOf(head.Labels), options, exampleWeights is null ? null : all.Spread(exampleWeights)));

                string Key() => RowKey.Of(
                    model,
                    FormattableString.Invariant($"words {encoder.MaxTokens} {string.Join('\n', head.Labels)}"),
                    texts.Select(text => text.Text),
                    texts.Select(text => string.Join(' ', text.Words.Select(word => FormattableString.Invariant($"{word.Start}-{word.End}")))),
                    tags.SelectMany(row => row));
            },
            saved is null ? null : Files,
            saved?.Tags ?? [],
            metric is null ? null : fitted => metric(new TextTokenClassifier(fitted))));
    }

    /// <summary>Opens a token classifier of Hugging Face's library (<c>ForTokenClassification</c>), with the head and the labels of its files: ready to tag, without training.</summary>
    /// <param name="model">Its files: a directory with config.json, model.safetensors and tokenizer files, or a base with an adapter that brings the head.</param>
    /// <param name="device"><c>auto</c> (CUDA where available, else CPU), <c>cpu</c>, <c>cuda</c>, …</param>
    /// <param name="maxSequenceLength">The most tokens of a window; null (default) for as many as the model's context holds.</param>
    /// <exception cref="ArgumentException">The files hold no head for tokens; the message says what they hold.</exception>
    /// <exception cref="ModelFileException">Files are missing or damaged.</exception>
    /// <exception cref="TorchUnavailableException">The native library does not load.</exception>
    public static TextTokenClassifier FromPretrained(ModelSource model, string device = "auto", int? maxSequenceLength = null) =>
        new(FittedTokens.OfPretrained(model ?? throw new ArgumentNullException(nameof(model)), device, maxSequenceLength, HeadTask.Tokens));

    /// <summary>Reads a token classifier that <see cref="FineTunedModel.Save"/> wrote.</summary>
    /// <param name="source">Where from.</param>
    /// <param name="device"><c>auto</c> (CUDA where available, else CPU, whatever it was trained on), <c>cpu</c>, <c>cuda</c>, …</param>
    /// <exception cref="ModelFileException">Files are missing or damaged.</exception>
    public static TextTokenClassifier Load(FileSource source, string device = "auto")
    {
        ArgumentNullException.ThrowIfNull(source);
        var settings = Files.ReadSettings<TokenClassifierSettings>(source);
        return new TextTokenClassifier(FittedTokens.Load(source, device, Files, settings, HeadTask.Tokens, settings.Tags, settings.Tags.Count));
    }

    /// <summary>Tags texts, in one length-sorted sweep.</summary>
    /// <param name="texts">Any number of texts.</param>
    /// <returns>What was found in each.</returns>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public IReadOnlyList<TaggedWords> Tag(IReadOnlyList<WordText> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ThrowIfDisposed();
        EncodedWords encoded = _encoder.Encode(texts);
        string[][] tags = [.. texts.Select(text => text.Words.Select(_ => Tags[_outside]).ToArray())];
        float[][] scores = [.. texts.Select(text => new float[text.Words.Count])];
        _fitted.Score(encoded.Texts, ScoringPrecision, outputs => outputs.softmax(-1), (row, values) =>
        {
            WordWindow window = encoded.Windows[row];
            foreach (WordToken word in window.Words)
            {
                ReadOnlySpan<float> probabilities = values.Slice(word.Position * OutputCount, OutputCount);
                int best = Best(probabilities);
                (tags[window.Text][word.Word], scores[window.Text][word.Word]) = (Tags[best], probabilities[best]);
            }
        });
        return [.. texts.Select((text, i) => new TaggedWords { Tags = tags[i], Scores = scores[i], Entities = Entities(text, tags[i], scores[i]) })];
    }

    /// <summary>Writes a directory that Hugging Face's <c>AutoModelForTokenClassification</c> loads with its head and tags. <see cref="FromPretrained"/> reads it too; what only this library knows, such as the geometry of training, is in <see cref="FineTunedModel.Save"/>'s files alone.</summary>
    /// <param name="directory">The directory's path.</param>
    /// <param name="options">Number type and size of files; null for the defaults. An adapter is merged.</param>
    /// <exception cref="ArgumentException">The options ask for an adapter apart.</exception>
    /// <exception cref="NotSupportedException">The family's own head is of another kind, or it has none; the message names the cure.</exception>
    /// <exception cref="ModelFileException">The directory cannot be written.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public void SavePretrained(string directory, ModelSaveOptions? options = null)
    {
        ThrowIfDisposed();
        RefuseAdapter(options);
        TokenHeads.SavePretrained(_fitted, directory, options);
    }

    /// <summary>Writes all files of a saved directory but those of weights: config.json, with the tags, and the tokenizer, a tokenizer.json among its files. For files of weights in other formats.</summary>
    /// <param name="sink">Where to.</param>
    /// <param name="directory">The directory that the sink writes into, for a model card: see <see cref="PretrainedLanguageModel.SaveWithoutWeights"/>. Null (default) for none.</param>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public void SaveWithoutWeights(FileSink sink, string? directory = null)
    {
        ArgumentNullException.ThrowIfNull(sink);
        ThrowIfDisposed();
        TokenHeads.SaveWithoutWeights(_fitted, sink, directory);
    }

    private protected override void WriteHead(FileSink sink) => Files.Write(sink, _fitted.Apart, new TokenClassifierSettings(Tags, MaxSequenceLength, ScoringPrecision), GeometryHistory);

    /// <summary>Checks the rows.</summary>
    /// <returns>The tags that occur, the one outside of entities first, the others in ordinal order.</returns>
    private static string[] KnownTags(IReadOnlyList<WordText> texts, IReadOnlyList<IReadOnlyList<string>> tags)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentNullException.ThrowIfNull(tags);
        if (texts.Count == 0)
        {
            throw new ArgumentException("There are no training rows: the data is empty, or every row lacks tags.", nameof(texts));
        }

        if (texts.Count != tags.Count)
        {
            throw new ArgumentException($"There are {texts.Count} texts but the tags of {tags.Count}; each text needs its own.", nameof(tags));
        }

        for (int row = 0; row < texts.Count; row++)
        {
            int words = texts[row].Words.Count;
            string[] own = [.. tags[row]];
            if (words != own.Length)
            {
                throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Row {row} has {words} words but {own.Length} tags; each word needs one."), nameof(tags));
            }

            if (Array.FindIndex(own, string.IsNullOrWhiteSpace) is >= 0 and int word)
            {
                throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Row {row} has no tag for word {word}; outside of entities the tag is {WordText.Outside}."), nameof(tags));
            }
        }

        string[] known = [.. tags.SelectMany(row => row).Distinct(StringComparer.Ordinal).OrderBy(tag => tag != WordText.Outside).ThenBy(tag => tag, StringComparer.Ordinal)];
        return known.Length >= 2
            ? known
            : throw new ArgumentException(
                known.Length == 0
                    ? $"None of the {texts.Count} training rows has a word."
                    : $"All words of the {texts.Count} training rows have the tag '{known[0]}'; there is nothing to tell apart. Give rows with other tags.",
                nameof(tags));
    }

    private static int OutsideOf(IReadOnlyList<string> tags) => Math.Max(0, tags.ToList().IndexOf(WordText.Outside));

    private static int Best(ReadOnlySpan<float> probabilities)
    {
        int best = 0;
        for (int tag = 1; tag < probabilities.Length; tag++)
        {
            best = probabilities[tag] > probabilities[best] ? tag : best;
        }

        return best;
    }

    private static FoundEntity[] Entities(WordText text, string[] tags, float[] scores) =>
    [
        .. Statistics.EntityTags.ReadAny(tags).Select(entity =>
        {
            int start = text.Words[entity.First].Start, end = text.Words[entity.Last].End;
            return new FoundEntity
            {
                Label = entity.Type,
                Start = start,
                End = end,
                Text = text.Text[start..end],
                FirstWord = entity.First,
                LastWord = entity.Last,
                Score = scores[entity.First..(entity.Last + 1)].Average(),
            };
        }),
    ];
}

/// <summary>What token_classifier.json holds.</summary>
/// <param name="Tags">The tags, by their numbers.</param>
/// <param name="MaxSequenceLength">The most tokens of a window.</param>
/// <param name="ScoringPrecision">The number type of scoring.</param>
internal sealed record TokenClassifierSettings(IReadOnlyList<string> Tags, int MaxSequenceLength, Precision ScoringPrecision) : IModelSettings
{
    /// <inheritdoc/>
    string? IModelSettings.Problem =>
        Tags is not { Count: > 0 } || Tags.Any(string.IsNullOrWhiteSpace) || Tags.Distinct(StringComparer.Ordinal).Count() < Tags.Count ? "Its tags must be texts, each once"
        : MaxSequenceLength < 1 ? $"It names windows of {MaxSequenceLength} tokens; there must be at least 1"
        : null;
}
