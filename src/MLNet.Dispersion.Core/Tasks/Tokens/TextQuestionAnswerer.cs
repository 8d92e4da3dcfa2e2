using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>A fine-tuned backbone that finds the answer to a question in a context, word for word.</summary>
/// <remarks>
/// <para>
/// Question and context are one sequence, as the tokenizer joins pairs (BERT: <c>[CLS] question [SEP] context [SEP]</c>), and the head says of every token whether the answer starts there, and whether it ends there.
/// "No answer" is the first token, as in Hugging Face's scripts. A context longer than the model reads is cut into windows that overlap (<see cref="QuestionAnsweringOptions.WindowOverlap"/>);
/// a window that does not show all of the answer is learned as one without. A question longer than half of the room is cut off.
/// </para>
/// <para>Answering is thread-safe; concurrent callers may run side by side. The owner disposes it, which frees the weights.</para>
/// </remarks>
/// <example>
/// <code>
/// using MLNet.Dispersion;
///
/// string[] contexts = ["Ada Lovelace lived in London.", "It rained in Paris all day."];
/// string[] questions = ["Where did Ada Lovelace live?", "Where did it rain?"];
/// AnswerSpan[] answers = [new("London", 22), new("Paris", 13)];
/// using TextQuestionAnswerer answerer = TextQuestionAnswerer.Train(ModelSource.TinyEnglish, questions, contexts, answers, new FineTuneOptions { Epochs = 5, ValidationFraction = 0 });
/// Console.WriteLine(answerer.Answer(["Where did she go?"], ["She went to Rome."])[0].Best[0].Text);
/// </code>
/// </example>
public sealed class TextQuestionAnswerer : FineTunedModel
{
    /// <summary>The most answers that a question can get.</summary>
    public const int MostAnswers = 20;

    private const int Sides = 2;
    private static readonly HeadFiles Files = new("question_answerer");
    private readonly FittedTokens _fitted;
    private readonly QuestionEncoder _encoder;
    private readonly QuestionAnsweringOptions _answering;
    private double _noAnswerThreshold;

    private TextQuestionAnswerer(FittedTokens fitted, QuestionAnsweringOptions answering, double noAnswerThreshold)
        : base(fitted)
    {
        (_fitted, _answering, _noAnswerThreshold) = (fitted, answering, noAnswerThreshold);
        _encoder = new QuestionEncoder(fitted.Model, fitted.Encoder, answering.WindowOverlap);
    }

    /// <summary>Gets or sets the probability of "no answer" above which a question is left without one, 0..1; 1 always answers. Saved with the model. May be set at any time; calls of <see cref="Answer"/> that begin later follow it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value set is not from 0 to 1.</exception>
    public double NoAnswerThreshold
    {
        get => Volatile.Read(ref _noAnswerThreshold);
        set => Volatile.Write(ref _noAnswerThreshold, value is >= 0 and <= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, string.Create(CultureInfo.InvariantCulture, $"NoAnswerThreshold is {value}; it must be from 0 to 1.")));
    }

    /// <summary>Gets the head, which gives each token a number as an answer's start and one as its end; it stays this object's and lives as long.</summary>
    public PretrainedHead Head => _fitted.Head;

    /// <summary>Fine-tunes a backbone on questions whose answers stand in their contexts.</summary>
    /// <param name="backbone">Where the pretrained weights come from.</param>
    /// <param name="questions">The questions; null counts as empty.</param>
    /// <param name="contexts">The context of each.</param>
    /// <param name="answers">The answer to each; an empty one where the context holds none.</param>
    /// <param name="options">How to train. Losses that it reports are cross-entropies in nats, the mean of start and end.</param>
    /// <param name="answering">How contexts are read and answers are chosen; null for the defaults. Copied.</param>
    /// <param name="exampleWeights">How much each question counts, at least 0, not all 0; null (default) where all count the same.</param>
    /// <param name="metric">A figure of your own by which the best weights are chosen and training stops early, the higher the better: asked at the end of each epoch of the model as it is then, which is lent for the call. Needs held-out rows (<see cref="FineTuneOptions.ValidationFraction"/>). Null (default): <see cref="FineTuneOptions.BestBy"/>.</param>
    /// <exception cref="ArgumentException">No rows, counts that differ, an answer that does not stand in its context where it says, no answer at all, a bad weight, or a bad option.</exception>
    /// <exception cref="ModelFileException">The backbone's files are missing or damaged, or a training checkpoint (<see cref="FineTuneOptions.Checkpoints"/>) is damaged, another run's or cannot be written.</exception>
    /// <exception cref="TorchUnavailableException">The native library does not load.</exception>
    /// <exception cref="TrainingDivergedException">The loss became NaN before an epoch had been validated.</exception>
    /// <exception cref="OperationCanceledException">The options' token was cancelled.</exception>
    public static TextQuestionAnswerer Train(
        ModelSource backbone,
        IReadOnlyList<string?> questions,
        IReadOnlyList<string?> contexts,
        IReadOnlyList<AnswerSpan> answers,
        FineTuneOptions options,
        QuestionAnsweringOptions? answering = null,
        IReadOnlyList<float>? exampleWeights = null,
        Func<TextQuestionAnswerer, double>? metric = null)
    {
        options = Checked(backbone, options, "question answering");
        QuestionAnsweringOptions how = Checked(answering);
        CheckRows(questions, contexts, answers);
        ExampleWeights.Check(questions.Count, exampleWeights);
        double threshold = how.NoAnswerThreshold ?? (answers.All(answer => answer.Exists) ? 1 : 0.5);
        FittedTokens fitted = FittedTokens.Train(
            backbone,
            options,
            HeadTask.Spans,
            [],
            Sides,
            (model, encoder, head) =>
            {
                var asked = new QuestionEncoder(model, encoder, how.WindowOverlap);
                StoredRows stored = StoredRows.Make(options.Storage, columns: 2, Key, rows =>
                {
                    int truncated = 0;
                    for (int question = 0; question < questions.Count; question++)
                    {
                        AnswerSpan answer = answers[question];
                        EncodedQuestions encoded = asked.Encode([questions[question]], [contexts[question]]);
                        truncated += encoded.Texts.Truncated;
                        foreach ((int place, ContextWindow window) in encoded.Windows.Index())
                        {
                            SpanTarget target = answer.Exists ? window.PlacesOf(answer.Start, answer.Start + answer.Text!.Length) : new SpanTarget(0, 0);
                            rows.Add(encoded.Texts.Sequences[place], [question, window.Start, target.Start, target.End]);
                        }
                    }

                    rows.Notes = [truncated];
                });
                IReadOnlyList<int[]> places = stored.Column(1);
                var all = new EncodedTexts(stored.Column(0), [.. places.Select(row => row[1])], stored.Notes[0]) { Examples = [.. places.Select(row => row[0])] };
                return (stored, new TrainingRows(all), new SpanObjective(head, [.. places.Select(row => new SpanTarget(row[2], row[3]))], exampleWeights is null ? null : all.Spread(exampleWeights)));

                string Key() => RowKey.Of(
                    model,
                    FormattableString.Invariant($"questions {encoder.MaxTokens} {how.WindowOverlap}"),
                    questions,
                    contexts,
                    answers.Select(answer => answer.Exists ? FormattableString.Invariant($"{answer.Start} {answer.Text}") : null));
            },
            Files.ToGoOnFrom<QuestionAnswererSettings>(backbone, options) is null ? null : Files,
            [],
            metric is null ? null : lent => metric(new TextQuestionAnswerer(lent, how, threshold)));
        return new TextQuestionAnswerer(fitted, how, threshold);
    }

    /// <summary>Opens a model for questions of Hugging Face's library (<c>ForQuestionAnswering</c>), with the head of its files: ready to answer, without training.</summary>
    /// <param name="model">Its files: a directory with config.json, model.safetensors and tokenizer files, or a base with an adapter that brings the head.</param>
    /// <param name="answering">How contexts are read and answers are chosen; null for the defaults, by which it always answers. Copied.</param>
    /// <param name="device"><c>auto</c> (CUDA where available, else CPU), <c>cpu</c>, <c>cuda</c>, …</param>
    /// <param name="maxSequenceLength">The most tokens of a question with a window of its context; null (default) for as many as the model's context holds.</param>
    /// <exception cref="ArgumentException">The files hold no head for answers; the message says what they hold. Or a bad option.</exception>
    /// <exception cref="ModelFileException">Files are missing or damaged.</exception>
    /// <exception cref="TorchUnavailableException">The native library does not load.</exception>
    public static TextQuestionAnswerer FromPretrained(ModelSource model, QuestionAnsweringOptions? answering = null, string device = "auto", int? maxSequenceLength = null)
    {
        QuestionAnsweringOptions how = Checked(answering);
        return new(FittedTokens.OfPretrained(model ?? throw new ArgumentNullException(nameof(model)), device, maxSequenceLength, HeadTask.Spans), how, how.NoAnswerThreshold ?? 1);
    }

    /// <summary>Reads a model that <see cref="FineTunedModel.Save"/> wrote.</summary>
    /// <param name="source">Where from.</param>
    /// <param name="device"><c>auto</c> (CUDA where available, else CPU, whatever it was trained on), <c>cpu</c>, <c>cuda</c>, …</param>
    /// <exception cref="ModelFileException">Files are missing or damaged.</exception>
    public static TextQuestionAnswerer Load(FileSource source, string device = "auto")
    {
        ArgumentNullException.ThrowIfNull(source);
        var settings = Files.ReadSettings<QuestionAnswererSettings>(source);
        var how = new QuestionAnsweringOptions { WindowOverlap = settings.WindowOverlap, MaxAnswerTokens = settings.MaxAnswerTokens };
        return new TextQuestionAnswerer(FittedTokens.Load(source, device, Files, settings, HeadTask.Spans, [], Sides), how, settings.NoAnswerThreshold);
    }

    /// <summary>Answers questions, in one length-sorted sweep.</summary>
    /// <param name="questions">Any number of questions; null counts as empty.</param>
    /// <param name="contexts">The context of each.</param>
    /// <param name="count">How many answers to give for each at most, 1 (default) to 20.</param>
    /// <returns>What was found for each.</returns>
    /// <exception cref="ArgumentException">There is not one context for each question, or the count is out of range.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public IReadOnlyList<FoundAnswers> Answer(IReadOnlyList<string?> questions, IReadOnlyList<string?> contexts, int count = 1)
    {
        ArgumentNullException.ThrowIfNull(questions);
        ArgumentNullException.ThrowIfNull(contexts);
        CheckCount(count);
        ThrowIfDisposed();
        CheckCounts(questions, contexts.Count, "contexts");
        EncodedQuestions encoded = _encoder.Encode(questions, contexts);
        AnswerSearch[] searches = [.. questions.Select(_ => new AnswerSearch())];
        _fitted.Score(encoded.Texts, ScoringPrecision, outputs => outputs, (row, logits) => searches[encoded.Windows[row].Question].Add(encoded.Windows[row], logits, _answering.MaxAnswerTokens));
        double threshold = NoAnswerThreshold;
        return [.. searches.Select((search, question) => search.Best(contexts[question] ?? "", count, threshold))];
    }

    /// <summary>Writes a directory that Hugging Face's <c>AutoModelForQuestionAnswering</c> loads with its head. <see cref="FromPretrained"/> reads it too; what only this library knows, such as the threshold of "no answer", is in <see cref="FineTunedModel.Save"/>'s files alone.</summary>
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

    /// <summary>Writes all files of a saved directory but those of weights: config.json and the tokenizer, a tokenizer.json among its files. For files of weights in other formats.</summary>
    /// <param name="sink">Where to.</param>
    /// <param name="directory">The directory that the sink writes into, for a model card: see <see cref="PretrainedLanguageModel.SaveWithoutWeights"/>. Null (default) for none.</param>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public void SaveWithoutWeights(FileSink sink, string? directory = null)
    {
        ArgumentNullException.ThrowIfNull(sink);
        ThrowIfDisposed();
        TokenHeads.SaveWithoutWeights(_fitted, sink, directory);
    }

    private protected override void WriteHead(FileSink sink) => Files.Write(
        sink, _fitted.Apart, new QuestionAnswererSettings(MaxSequenceLength, ScoringPrecision, _answering.WindowOverlap, _answering.MaxAnswerTokens, NoAnswerThreshold), GeometryHistory);

    private static QuestionAnsweringOptions Checked(QuestionAnsweringOptions? answering)
    {
        QuestionAnsweringOptions copy = answering?.Clone() ?? new QuestionAnsweringOptions();
        copy.Validate();
        return copy;
    }

    /// <summary>Checks how many answers are asked for.</summary>
    /// <param name="count">1 to <see cref="MostAnswers"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is another number.</exception>
    public static void CheckCount(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, MostAnswers);
    }

    private static void CheckCounts(IReadOnlyList<string?> questions, int others, string what)
    {
        if (questions.Count != others)
        {
            throw new ArgumentException($"There are {questions.Count} questions but {others} {what}; each question needs one.", what);
        }
    }

    private static void CheckRows(IReadOnlyList<string?> questions, IReadOnlyList<string?> contexts, IReadOnlyList<AnswerSpan> answers)
    {
        ArgumentNullException.ThrowIfNull(questions);
        ArgumentNullException.ThrowIfNull(contexts);
        ArgumentNullException.ThrowIfNull(answers);
        CheckCounts(questions, contexts.Count, nameof(contexts));
        CheckCounts(questions, answers.Count, nameof(answers));
        if (!answers.Any(answer => answer.Exists))
        {
            throw new ArgumentException(questions.Count == 0 ? "There are no training rows." : $"None of the {questions.Count} training rows has an answer; there is nothing to learn.", nameof(answers));
        }

        for (int row = 0; row < answers.Count; row++)
        {
            if (answers[row].Problem(contexts[row] ?? "") is { } problem)
            {
                throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Row {row}: {problem}"), nameof(answers));
            }
        }
    }
}

/// <summary>What question_answerer.json holds.</summary>
/// <param name="MaxSequenceLength">The most tokens of a question with a window.</param>
/// <param name="ScoringPrecision">The number type of scoring.</param>
/// <param name="WindowOverlap">Tokens that neighbouring windows share; null for a quarter.</param>
/// <param name="MaxAnswerTokens">The most tokens of an answer.</param>
/// <param name="NoAnswerThreshold">The probability of "no answer" above which a question is left without one.</param>
internal sealed record QuestionAnswererSettings(int MaxSequenceLength, Precision ScoringPrecision, int? WindowOverlap, int MaxAnswerTokens, double NoAnswerThreshold) : IModelSettings
{
    /// <inheritdoc/>
    string? IModelSettings.Problem =>
        MaxSequenceLength < 1 ? $"It names sequences of {MaxSequenceLength} tokens; there must be at least 1"
        : WindowOverlap < 0 || MaxAnswerTokens < 1 || !(NoAnswerThreshold is >= 0 and <= 1) ? "Its overlap must be at least 0, its answers of at least 1 token, and its threshold from 0 to 1"
        : null;
}
