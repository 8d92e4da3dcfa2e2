namespace MLNet.Dispersion;

/// <summary>Tunes causal language models on preference pairs, by direct preference optimisation and its published variants, with the dispersion regulariser.</summary>
/// <example>
/// <code>
/// using MLNet.Dispersion;
///
/// using var model = PretrainedLanguageModel.Load(ModelSource.FromDirectory("tuned"));
/// IReadOnlyList&lt;PreferencePair&gt; pairs = ConversationFile.ReadPreferences("pairs.jsonl");
/// var options = new FineTuneOptions { Epochs = 1, LearningRate = 5e-6, Lora = new LoraOptions() };
/// FineTuneResult result = PreferenceTrainer.Train(model, pairs, options).Training;
/// Console.WriteLine($"the better answer is preferred in {result.History[^1].Figures[TrainingFigures.Accuracy]:P0} of the last step's pairs");
/// </code>
/// </example>
public static class PreferenceTrainer
{
    /// <summary>Trains a model in place.</summary>
    /// <param name="model">Causal. Changed in place; must not be used by others meanwhile. Stays the caller's. An adapter that it carries is part of the reference policy as it is now.</param>
    /// <param name="pairs">What to learn.</param>
    /// <param name="options">How to train. <see cref="FineTuneOptions.MaxSequenceLength"/> bounds the tokens of prompt and answer; null for the model's context.</param>
    /// <param name="preferenceOptions">The losses and the reference policy; null for the defaults.</param>
    /// <param name="validation">Pairs to choose the best weights by; null (default) to hold some rows out as the options say.</param>
    /// <returns>What training did; each step's <see cref="TrainingProgress.Figures"/> have the rewards and the share of pairs whose better answer has the higher one.</returns>
    /// <exception cref="ArgumentException">There is no pair, one lacks a part, no answer is left of all, or an option is bad; the message names the row (from 0) or the option.</exception>
    /// <exception cref="ModelFileException">The model has no tokenizer, or a damaged one; or a training checkpoint is damaged, another run's or cannot be written.</exception>
    /// <exception cref="TrainingDivergedException">The loss became NaN before an epoch had been validated.</exception>
    /// <exception cref="OperationCanceledException">The options' token was cancelled; the model holds the weights of the last step.</exception>
    public static InstructionTrainingResult Train(
        PretrainedLanguageModel model, IReadOnlyList<PreferencePair> pairs, FineTuneOptions options, PreferenceOptions? preferenceOptions = null, IReadOnlyList<PreferencePair>? validation = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(pairs);
        ArgumentNullException.ThrowIfNull(options);
        model.RequireCausal("Tuning on preferences");
        options = options.Clone();
        options.Validate();
        PreferenceOptions how = preferenceOptions?.Clone() ?? new PreferenceOptions();
        how.Validate();
        using PreferenceRows rows = PreferenceRows.Of(model, pairs, how.ChatTemplate, InstructionTrainer.Length(model, options.MaxSequenceLength), options.CancellationToken, validation, options.Storage);
        if (validation is not null)
        {
            (options.ValidationRows, options.ValidationFraction) = (rows.Starts.Count - rows.Learnt, null);
        }

        int[][]? probeTexts = options.GeometryProbe?.Texts is { } probe ? [.. new TextEncoder(model, null).Encode(probe).Sequences] : null;
        var objective = new PreferenceObjective(rows, Reference(model, rows, how, options.CancellationToken), how);
        return new InstructionTrainingResult
        {
            Training = MeasuredTraining.Run(model, objective, rows.ToRows(), options, probeTexts),
            Rows = rows.Learnt,
            TruncatedRows = rows.Truncated,
            RowsLeftOut = rows.LeftOut,
        };
    }

    /// <summary>What the reference policy says of the answers.</summary>
    /// <exception cref="ArgumentException">It has another vocabulary, or is an encoder.</exception>
    internal static ReferenceLikelihoods Reference(PretrainedLanguageModel model, PreferenceRows rows, PreferenceOptions options, CancellationToken cancel)
    {
        PretrainedLanguageModel reference = options.Reference ?? model;
        reference.RequireCausal("A reference policy");
        return reference.Backbone.Info.VocabularySize == model.Backbone.Info.VocabularySize
            ? ReferenceLikelihoods.Of(reference.Backbone, reference.Device, rows, InstructionTrainer.PadId(model), cancel)
            : throw new ArgumentException($"The reference policy {reference.Name} has {reference.Backbone.Info.VocabularySize} tokens, the model {model.Name} {model.Backbone.Info.VocabularySize}: they must have the same vocabulary.", nameof(options));
    }
}
