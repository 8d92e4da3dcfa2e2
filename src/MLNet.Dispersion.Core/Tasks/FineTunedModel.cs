namespace MLNet.Dispersion;

/// <summary>A fine-tuned backbone with a head for a task: what the models of all tasks have in common, whether the head reads a text's vector or each token.</summary>
/// <remarks>Scoring is thread-safe; concurrent callers may run side by side. The owner disposes it, which frees the weights. It cannot be derived from outside the library.</remarks>
public abstract class FineTunedModel : IDisposable
{
    private readonly FittedBackbone _fitted;
    private volatile Precision _scoringPrecision;
    private int _disposed;

    private protected FineTunedModel(FittedBackbone fitted)
    {
        _fitted = fitted;
        _scoringPrecision = fitted.ScoringPrecision;
    }

    /// <summary>Gets the numbers that the head gives for what it reads (K): one for each class, or one.</summary>
    public int OutputCount => _fitted.OutputCount;

    /// <summary>Gets the most tokens that are looked at together.</summary>
    public int MaxSequenceLength => _fitted.Encoder.MaxTokens;

    /// <summary>Gets the language model below the head, as fine-tuned; it stays this object's and lives as long. Use it for diagnostics.</summary>
    public PretrainedLanguageModel LanguageModel => _fitted.Model;

    /// <summary>
    /// Gets or sets the number type in which texts are scored: that of <see cref="FineTuneOptions.ScoringPrecision"/> at first, which says what it means for scores.
    /// Saved with the model. May be set at any time; scoring that begins later follows it.
    /// </summary>
    /// <remarks>
    /// In bfloat16 the weights are converted once, at the first text, and kept as well: half as much memory again. The copies follow training of <see cref="LanguageModel"/>;
    /// after weights were edited by hand, load the model anew.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">The value set is none of the enumeration's.</exception>
    public Precision ScoringPrecision
    {
        get => _scoringPrecision;
        set => _scoringPrecision = Enum.IsDefined(value)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, $"ScoringPrecision is {value}; it must be one of {string.Join(", ", Enum.GetNames<Precision>())}.");
    }

    /// <summary>Chooses what computes the network when texts are scored. At first, and after loading, torch does; it is not saved.</summary>
    /// <remarks>
    /// The engine takes a copy of the weights as they are now: call it again after <see cref="LanguageModel"/> was trained on. May be called at any time, from any thread; batches whose scoring begins later follow it.
    /// <see cref="ScoringPrecision"/> is torch's, and says nothing of an engine's numbers.
    /// </remarks>
    /// <param name="engine">The engine; null for torch again, which frees the engine's copy.</param>
    /// <exception cref="NotSupportedException">The engine cannot compute this model; the message names what it lacks, and scoring goes on as before.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public void ScoreWith(IScoringEngine? engine)
    {
        ThrowIfDisposed();
        _fitted.Sweep.Route.Choose(engine);
    }

    /// <summary>Gets what <see cref="Save"/> writes where <see cref="LanguageModel"/> carries a low-rank adapter: as <see cref="LoraOptions.Saving"/> said in training, or as the loaded files were.</summary>
    public AdapterSaving AdapterSaving => _fitted.AdapterSaving;

    /// <summary>Gets how training went; null for a model that was loaded.</summary>
    public FineTuneResult? TrainingResult => _fitted.TrainingResult;

    /// <summary>Gets how condensed the backbone was on a fixed sample of texts: before training first, with these weights last (see <see cref="FineTuneOptions.GeometryProbe"/>). Saved and loaded with the model.</summary>
    public IReadOnlyList<GeometrySnapshot> GeometryHistory => _fitted.GeometryHistory;

    /// <summary>Gets how many of the training rows were longer than <see cref="MaxSequenceLength"/> and were cut off.</summary>
    public int TruncatedTrainingRows => _fitted.TruncatedTrainingRows;

    /// <summary>The names of the numbers that the head gives; empty where nobody gave any.</summary>
    private protected IReadOnlyList<string> Names => _fitted.LabelNames;

    /// <summary>Writes everything that loading needs: configuration, tokenizer, weights (float32) and head; or the adapter and the head alone, see <see cref="AdapterSaving"/>.</summary>
    /// <param name="sink">Where to.</param>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public void Save(FileSink sink) => Write(sink, AdapterSaving);

    /// <summary>Writes the same, with the base beside an adapter whatever <see cref="AdapterSaving"/> says: what training goes on from.</summary>
    /// <param name="sink">Where to.</param>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public void SaveWhole(FileSink sink) => Write(sink, AdapterSaving.Everything);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            Free();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Writes the head's weights and settings, and the geometry of training.</summary>
    private protected abstract void WriteHead(FileSink sink);

    /// <summary>Frees the weights; called once.</summary>
    private protected virtual void Free() => _fitted.Dispose();

    /// <summary>The caller's options, checked and copied.</summary>
    /// <param name="backbone">The backbone; not null.</param>
    /// <param name="options">How to train.</param>
    /// <param name="task">What is trained, for errors.</param>
    /// <exception cref="ArgumentException">An option is outside its range, or the task has no use for it.</exception>
    private protected static FineTuneOptions Checked(ModelSource backbone, FineTuneOptions options, string task)
    {
        ArgumentNullException.ThrowIfNull(backbone);
        ArgumentNullException.ThrowIfNull(options);
        options = options.Clone();
        options.Validate();
        TeacherCheck.Refuse(options, task);
        return options;
    }

    /// <summary>Refuses to write an adapter apart where a model for Hugging Face's library is written.</summary>
    private protected static void RefuseAdapter(ModelSaveOptions? options)
    {
        if (options?.Adapter is not null)
        {
            throw new ArgumentException("ModelSaveOptions.Adapter is set: a model for Hugging Face's library is written with its adapter merged. Leave it null, or use PretrainedLanguageModel.Save.", nameof(options));
        }
    }

    private protected void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);

    private void Write(FileSink sink, AdapterSaving adapterSaving)
    {
        ArgumentNullException.ThrowIfNull(sink);
        ThrowIfDisposed();
        LanguageModel.Save(sink, new ModelSaveOptions { Adapter = LanguageModel.Adapter is null ? null : adapterSaving });
        WriteHead(sink);
    }
}
