using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>A fine-tuned backbone with a linear head on each text, or pair of texts: what all tasks have in common.</summary>
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
        _scorer = new HeadScorer(fitted.Model, fitted.Head);
    }

    /// <summary>Gets how a text's tokens become the vector that the head reads.</summary>
    public TextPooling Pooling => _fitted.Head.Pooling;

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
    public void SavePretrained(string directory, IReadOnlyList<string>? labels = null, ModelSaveOptions? options = null)
    {
        ThrowIfDisposed();
        RefuseAdapter(options);
        IReadOnlyList<string> names = labels ?? (Names.Count > 0 ? Names : HeadLabels.Default(OutputCount));
        if (names.Count != OutputCount || names.Distinct(StringComparer.Ordinal).Count() != names.Count)
        {
            throw new ArgumentException($"There are {names.Count} labels, {names.Distinct(StringComparer.Ordinal).Count()} of them different; the model gives {OutputCount} numbers, and each needs a name of its own.", nameof(labels));
        }

        var described = new HeadLabels([.. names], Problem);
        if (_fitted.Head.Own is { } own)
        {
            LanguageModel.SaveWith(own.Named(described), directory, options);
            return;
        }

        RequirePlainEnd();
        var (factor, shift) = Scale;
        using PretrainedHead head = PretrainedHead.OfLinear(LanguageModel.Backbone, described, _fitted.Head.Weight, _fitted.Head.ReadingOn(LanguageModel.Backbone), Pooling, factor, shift);
        LanguageModel.SaveWith(head, directory, options);
    }

    /// <summary>What the numbers mean, in Hugging Face's terms.</summary>
    private protected abstract ProblemType Problem { get; }

    /// <summary>What the head's outputs are multiplied by and then raised by.</summary>
    private protected virtual (double Factor, double Shift) Scale => (1, 0);

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
    private protected abstract void WriteHead(FileSink sink, ScoreHead head);

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
