using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>A fine-tuned backbone that makes numbers of each text, or pair of texts, by a linear head or as an embedding: what all tasks have in common.</summary>
/// <remarks>
/// <para>
/// The head reads one vector of the text's tokens (<see cref="FineTuneOptions.Pooling"/>). A pair is one sequence: for decoders the first text, the
/// end-of-sequence token (a line break where there is none) and the second text, for BERT <c>[CLS] first [SEP] second [SEP]</c>. A pair that is too long loses tokens at
/// the end of the longer text, one by one (<see cref="TextTokenizer.EncodePair"/>).
/// </para>
/// <para>Scoring is thread-safe; concurrent callers may run side by side. The owner disposes it, which frees the weights. It cannot be derived from outside the library.</para>
/// </remarks>
public abstract class FineTunedTextModel : FineTunedModel
{
    private readonly FittedHead _fitted;
    private readonly HeadScorer _scorer;

    private protected FineTunedTextModel(FittedHead fitted)
        : base(fitted)
    {
        _fitted = fitted;
        _scorer = new HeadScorer(fitted);
    }

    /// <summary>Gets how a text's tokens become the vector that the head reads.</summary>
    public TextPooling Pooling => _fitted.Head.Pooling;

    /// <summary>Gets the head; it stays this object's and lives as long. Null for a model of embeddings, whose numbers are the text's vector itself.</summary>
    public ScoreHead? Head => _fitted.Head as ScoreHead;

    /// <summary>Gets what the numbers of a text mean. Default: values.</summary>
    public virtual ProblemType ProblemType => ProblemType.Regression;

    /// <summary>Gets what the head's outputs are multiplied by (above 0) and then raised by to be a regressor's values; 1 and 0 for all others.</summary>
    public virtual (double Factor, double Shift) OutputScale => (1, 0);

    /// <summary>Gets the query of <see cref="TextPooling.Attention"/>, <c>[F]</c>, as trained: a copy; null for all other poolings.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public IReadOnlyList<float>? AttentionQuery
    {
        get
        {
            ThrowIfDisposed();
            return _fitted.Head.Pooler.Query is { } query ? Numbers(query.detach()) : null;
        }
    }

    /// <summary>Gets whether it was trained on pairs of texts, and scores pairs.</summary>
    public bool ReadsPairs => _fitted.Pairs;

    /// <summary>Scores texts, or pairs of texts, in one length-sorted sweep.</summary>
    /// <param name="texts">Any number of texts, or the first ones of pairs; null and blank ones count as empty.</param>
    /// <param name="secondTexts">The second texts of pairs, one for each first; null (default) where the model reads single texts.</param>
    /// <returns>What the model's own documentation says of its scores, and how many texts were cut off.</returns>
    /// <exception cref="ArgumentException">Pairs for a model of single texts, single texts for one of pairs, or not one second text for each first.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public TextScores Score(IReadOnlyList<string?> texts, IReadOnlyList<string?>? secondTexts = null)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ThrowIfDisposed();
        TextPairs.CheckKind(ReadsPairs, secondTexts);
        TextPairs.Check(texts, secondTexts);
        return ScoreChecked(texts, secondTexts);
    }

    /// <summary>
    /// Writes a directory that Hugging Face's <c>AutoModelForSequenceClassification</c> loads with its head: tensors of the family's own head among the weights, <c>architectures</c>, <c>id2label</c>, <c>label2id</c> and
    /// <c>problem_type</c> in config.json. <see cref="PretrainedLanguageModel.Load"/> reads it too; what only this library knows, such as the geometry of training, is in <see cref="FineTunedModel.Save"/>'s files alone.
    /// </summary>
    /// <param name="directory">The directory's path.</param>
    /// <param name="labels">The names of the numbers of a text, by their order; null (default) for those that the model knows, else <c>LABEL_0</c>, …</param>
    /// <param name="options">Number type and size of files; null for the defaults. An adapter is merged.</param>
    /// <exception cref="ArgumentException">There is not one name for each number, or a name stands there twice; or the options ask for an adapter apart.</exception>
    /// <exception cref="NotSupportedException">The head is of another kind than the family's own, and cannot be said in its terms; the message names both kinds and the cure.</exception>
    /// <exception cref="ModelFileException">The directory cannot be written.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public virtual void SavePretrained(string directory, IReadOnlyList<string>? labels = null, ModelSaveOptions? options = null)
    {
        ThrowIfDisposed();
        RefuseAdapter(options);
        var described = new HeadLabels([.. LabelsOr(labels)], ProblemType);
        var fitted = (ScoreHead)_fitted.Head;
        if (fitted.Own is { } own)
        {
            LanguageModel.SaveWith(own.Named(described), directory, options);
            return;
        }

        RequirePlainEnd();
        var (factor, shift) = OutputScale;
        using PretrainedHead head = PretrainedHead.OfLinear(LanguageModel.Backbone, described, fitted.Weight, fitted.ReadingOn(LanguageModel.Backbone), Pooling, factor, shift);
        LanguageModel.SaveWith(head, directory, options);
    }

    /// <summary>Writes all files of a saved directory but those of weights: config.json, with the names of the numbers, and the tokenizer, a tokenizer.json among its files. For files of weights in other formats.</summary>
    /// <param name="sink">Where to.</param>
    /// <param name="labels">The names of the numbers, by their order; null (default) for those that the model knows, else <c>LABEL_0</c>, …</param>
    /// <param name="directory">The directory that the sink writes into, for a model card: see <see cref="PretrainedLanguageModel.SaveWithoutWeights"/>. Null (default) for none.</param>
    /// <exception cref="ArgumentException">There is not one name for each number, or a name stands there twice.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public virtual void SaveWithoutWeights(FileSink sink, IReadOnlyList<string>? labels = null, string? directory = null)
    {
        ArgumentNullException.ThrowIfNull(sink);
        ThrowIfDisposed();
        LanguageModel.WriteWithoutWeights(sink, new HeadLabels(LabelsOr(labels), ProblemType), _fitted.Head.Own, sentence: null, directory, HeadTask.Sequence);
    }

    /// <summary>The names of the numbers of a text: those given, else those that the model knows, else <c>LABEL_0</c>, …</summary>
    /// <param name="labels">The names, by the numbers' order; null or empty for none.</param>
    /// <exception cref="ArgumentException">There is not one name for each number, or a name stands there twice.</exception>
    public IReadOnlyList<string> LabelsOr(IReadOnlyList<string>? labels)
    {
        IReadOnlyList<string> names = labels is { Count: > 0 } ? labels : Names.Count > 0 ? Names : HeadLabels.Default(OutputCount);
        return names.Count == OutputCount && names.Distinct(StringComparer.Ordinal).Count() == names.Count
            ? names
            : throw new ArgumentException($"There are {names.Count} labels, {names.Distinct(StringComparer.Ordinal).Count()} of them different; the model gives {OutputCount} numbers, and each needs a name of its own.", nameof(labels));
    }

    /// <summary>Scores texts, or pairs, that were checked.</summary>
    private protected virtual TextScores ScoreChecked(IReadOnlyList<string?> texts, IReadOnlyList<string?>? secondTexts)
    {
        EncodedTexts encoded = _fitted.Encode(texts, secondTexts);
        float[] values = _scorer.Score(encoded, PrecisionResolver.ComputeType(ScoringPrecision, _scorer.Device), Finish);
        values = encoded.Examples is { } examples ? Means(values, examples, texts.Count) : values;
        return new TextScores { Values = values, TruncatedTexts = encoded.Truncated };
    }

    /// <summary>What training or loading made.</summary>
    private protected FittedHead Fitted => _fitted;

    /// <summary>The means of the windows of each text.</summary>
    private static float[] Means(float[] values, IReadOnlyList<int> examples, int texts)
    {
        int width = examples.Count == 0 ? 0 : values.Length / examples.Count;
        var sums = new double[texts * width];
        var windows = new int[texts];
        foreach (var (window, text) in examples.Index())
        {
            windows[text]++;
            for (int i = 0; i < width; i++)
            {
                sums[(text * width) + i] += values[(window * width) + i];
            }
        }

        return [.. sums.Select((sum, i) => (float)(sum / windows[i / width]))];
    }

    /// <summary>What is made of the head's outputs <c>[B, K]</c>, such as probabilities: row after row, <c>[B * K]</c>.</summary>
    private protected abstract float[] Finish(Tensor outputs);

    /// <summary>Writes the head's weights and settings, and the geometry of training.</summary>
    private protected abstract void WriteHead(FileSink sink, ITextHead head);

    /// <inheritdoc/>
    private protected sealed override void WriteHead(FileSink sink) => WriteHead(sink, _fitted.Head);

    /// <summary>A tensor's numbers, in its order.</summary>
    private protected static float[] Numbers(Tensor values) => values.cpu().data<float>().ToArray();

    /// <summary>Hugging Face's decoders are read before padding tokens at the end; where the tokenizer itself ends texts with one, a head that was trained on it would be read elsewhere.</summary>
    private void RequirePlainEnd()
    {
        if (LanguageModel.Backbone is { IsCausal: true, Info.PadTokenId: { } pad } && TokenFrame.Of(LanguageModel.Tokenizer).After.Contains(pad))
        {
            throw new NotSupportedException($"The tokenizer ends texts with the padding token {pad}, at which this head reads, and which Hugging Face's library passes over. Train with FineTuneOptions.HeadStart = HeadStart.Family.");
        }
    }
}
