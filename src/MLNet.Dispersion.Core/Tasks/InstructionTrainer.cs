using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Tunes causal language models on conversations, with the dispersion regulariser: the loss is that of the answers' tokens.</summary>
/// <example>
/// <code>
/// using MLNet.Dispersion;
///
/// using var model = PretrainedLanguageModel.Load(ModelSource.FromDirectory("SmolLM2-135M-Instruct"));
/// IReadOnlyList&lt;Instruction&gt; rows = ConversationFile.ReadInstructions("train.jsonl");
/// InstructionTrainingResult result = InstructionTrainer.Train(model, rows, new FineTuneOptions { Epochs = 2, MaxSequenceLength = 1024 });
/// Console.WriteLine($"{result.TruncatedRows} conversations were cut");
/// model.Save("tuned");
/// </code>
/// </example>
public static class InstructionTrainer
{
    /// <summary>Trains a model in place.</summary>
    /// <param name="model">Causal. Changed in place; must not be used by others meanwhile. Stays the caller's.</param>
    /// <param name="instructions">What to learn.</param>
    /// <param name="options">How to train. <see cref="FineTuneOptions.MaxSequenceLength"/> bounds a row's tokens; null for the model's context.</param>
    /// <param name="instructionOptions">How rows are made and what of them is learnt; null for the defaults.</param>
    /// <param name="validation">Instructions to choose the best weights by, each a row of its own; null (default) to hold some rows out as the options say.</param>
    /// <exception cref="ArgumentException">There is no instruction, one has no answer, no answer is left of all, or an option is bad; the message names the row (from 0) or the option.</exception>
    /// <exception cref="ModelFileException">The model has no tokenizer, or a damaged one; or a training checkpoint is damaged, another run's or cannot be written.</exception>
    /// <exception cref="TrainingDivergedException">The loss became NaN before an epoch had been validated.</exception>
    /// <exception cref="OperationCanceledException">The options' token was cancelled; the model holds the weights of the last step.</exception>
    public static InstructionTrainingResult Train(
        PretrainedLanguageModel model, IReadOnlyList<Instruction> instructions, FineTuneOptions options, InstructionOptions? instructionOptions = null, IReadOnlyList<Instruction>? validation = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(instructions);
        ArgumentNullException.ThrowIfNull(options);
        model.RequireCausal("Tuning on instructions");
        options = options.Clone();
        options.Validate();
        InstructionOptions how = Checked(instructionOptions);
        using InstructionRows rows = InstructionRows.Of(model, instructions, how, Length(model, options.MaxSequenceLength), options.CancellationToken, validation, options.Storage);
        if (validation is not null)
        {
            (options.ValidationRows, options.ValidationFraction) = (rows.Sequences.Count - rows.Learnt, null);
        }

        int[][]? probeTexts = options.GeometryProbe?.Texts is { } probe ? [.. new TextEncoder(model, null).Encode(probe).Sequences] : null;
        var objective = new AnswerObjective(rows.Weights, rows.TextLengths, how.DynamicLoss, options.LabelSmoothing);
        return new InstructionTrainingResult
        {
            Training = MeasuredTraining.Run(model, objective, rows.ToRows(), options, probeTexts),
            Rows = rows.Learnt,
            TruncatedRows = rows.Truncated,
            RowsLeftOut = rows.LeftOut,
        };
    }

    /// <summary>Says how well a model predicts answers, one after the other: the conversations before them are read as they stand.</summary>
    /// <param name="model">Causal; it is put into evaluation mode and back.</param>
    /// <param name="instructions">The instructions; those longer than a row are cut as in training.</param>
    /// <param name="instructionOptions">What counts as an answer; null for the defaults. Rows are not packed.</param>
    /// <param name="maxTokens">The most tokens of an instruction; null for the model's context.</param>
    /// <param name="cancellationToken">Cancels between passes.</param>
    /// <returns>One score an instruction; of those whose answers were cut off whole it counts no tokens.</returns>
    /// <exception cref="ArgumentException">An instruction has no answer; the message names the row (from 0).</exception>
    public static IReadOnlyList<AnswerScore> Score(PretrainedLanguageModel model, IReadOnlyList<Instruction> instructions, InstructionOptions? instructionOptions = null, int? maxTokens = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(instructions);
        model.RequireCausal("Scoring of answers");
        InstructionOptions how = Checked(instructionOptions);
        int most = Length(model, maxTokens);
        var encoder = new ConversationEncoder(model, how.ChatTemplate, cancellationToken);
        EncodedInstruction[] whole = [.. instructions.Select((instruction, row) => encoder.Encode(instruction, row, how))];
        EncodedInstruction[] rows = [.. whole.Select(row => row.Ids.Length <= most ? row : how.KeepEnd ? new EncodedInstruction(row.Ids[^most..], row.Learnt[^most..]) : new EncodedInstruction(row.Ids[..most], row.Learnt[..most]))];
        var scores = new SequenceScore[rows.Length];
        using var inside = ExitGate.Enter();
        using var evaluation = new EvaluationMode(model.Backbone);
        using var noGradient = no_grad();
        var pass = new ForwardPass(model.Backbone, model.Device);
        var scorer = new TargetScorer(model.Backbone);
        foreach (int[] some in ForwardPass.Sweep([.. rows.Select(row => row.Ids.Length)]))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            TokenBatch batch = TokenBatch.Pad([.. some.Select(row => rows[row].Ids)], PadId(model));
            Tensor states = pass.Read(batch, HiddenStateSelection.None).States.LastHiddenState.flatten(0, 1);
            scorer.Add(states, some.SelectMany((row, i) => Targets(rows[row]).Select(token => new ScoredTarget((i * batch.Columns) + token - 1, rows[row].Ids[token], row))), scores);
        }

        return [.. rows.Select((row, i) => new AnswerScore(scores[i].LogLikelihood, Targets(row).Count(), scores[i].Right, row.Ids.Length < whole[i].Ids.Length))];
    }

    /// <summary>Lets a model answer: it writes what comes in the place of the completion, or of the assistant's last turn; behind a text it goes on.</summary>
    /// <param name="model">Causal.</param>
    /// <param name="instructions">The instructions; answers that they have are not looked at.</param>
    /// <param name="instructionOptions">Of which the chat template is read; null for the defaults.</param>
    /// <param name="generation">How to write; null for what the model's generation_config.json says. Copied.</param>
    /// <param name="progress">Told after each token, on the running thread; null for nobody.</param>
    /// <param name="cancellationToken">Checked before each token.</param>
    /// <returns>One answer an instruction, without the marks around it.</returns>
    /// <exception cref="ArgumentException">An option is outside its range, there is nothing to answer, or it fills the model's context; the message names it.</exception>
    public static IReadOnlyList<string> Answer(
        PretrainedLanguageModel model,
        IReadOnlyList<Instruction> instructions,
        InstructionOptions? instructionOptions = null,
        TextGenerationOptions? generation = null,
        IProgress<GenerationProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(instructions);
        InstructionOptions how = Checked(instructionOptions);
        int[] texts = [.. Enumerable.Range(0, instructions.Count).Where(row => instructions[row].Question.Messages is null)];
        IReadOnlyList<GeneratedText> written = texts.Length == 0 ? [] : model.Generate([.. texts.Select(row => instructions[row].Question.Text)], generation, progress, cancellationToken);
        var answers = new string[instructions.Count];
        foreach ((int i, int row) in texts.Index())
        {
            answers[row] = written[i].Text;
        }

        foreach ((int row, Instruction instruction) in instructions.Index())
        {
            if (instruction.Question.Messages is { } messages)
            {
                var chat = new ChatOptions { Tools = instruction.Tools, Variables = instruction.Variables, Template = how.ChatTemplate };
                answers[row] = model.Chat(messages, generation, chat, progress, cancellationToken).Text;
            }
        }

        return answers;
    }

    /// <summary>The most tokens of a row.</summary>
    internal static int Length(PretrainedLanguageModel model, int? most) => Math.Min(most ?? int.MaxValue, model.Backbone.Info.ContextLength);

    internal static int PadId(PretrainedLanguageModel model) => model.Backbone.Info.PadTokenId ?? model.Backbone.Info.EosTokenId ?? 0;

    private static InstructionOptions Checked(InstructionOptions? options)
    {
        InstructionOptions how = options?.Clone() ?? new InstructionOptions();
        how.Validate();
        return how;
    }

    private static IEnumerable<int> Targets(EncodedInstruction row) => Enumerable.Range(1, row.Ids.Length - 1).Where(token => row.Learnt[token]);
}
