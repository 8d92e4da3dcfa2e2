namespace MLNet.Dispersion;

/// <summary>Makes token sequences of prompts: as the tokenizer begins texts, but open at the end.</summary>
internal sealed class PromptEncoder
{
    private readonly PretrainedLanguageModel _model;
    private readonly TokenFrame _frame;
    private readonly int[] _empty;
    private readonly int _contextLength;
    private readonly GenerationPlan _plan;

    /// <exception cref="ArgumentException">Prompts are to be cut for more new tokens than the context holds.</exception>
    internal PromptEncoder(PretrainedLanguageModel model, GenerationPlan plan)
    {
        _model = model;
        _plan = plan;
        _frame = TokenFrame.Of(model.Tokenizer);
        _contextLength = plan.TruncatePrompts ? plan.MostTokens(model.Backbone.Info.ContextLength) : model.Backbone.Info.ContextLength;
        int? begin = model.Tokenizer.BosTokenId ?? model.Backbone.Info.BosTokenId ?? model.Tokenizer.EosTokenId ?? model.Backbone.Info.EosTokenId;
        _empty = _frame.Before.Length > 0 ? _frame.Before : begin is { } id ? [id] : [];
        if (plan.TruncatePrompts && plan.NewTokensOfCutPrompts + Math.Max(1, _frame.Before.Length) > _contextLength)
        {
            throw new ArgumentException($"TextGenerationOptions.MaxNewTokens is {plan.NewTokensOfCutPrompts}, but {model.Name} has a context of {_contextLength} tokens, of which cut prompts need {Math.Max(1, _frame.Before.Length)}. Lower it, or do not set TruncatePrompts.", nameof(plan));
        }
    }

    /// <summary>Encodes a prompt.</summary>
    /// <param name="prompt">The prompt; null counts as empty.</param>
    /// <param name="index">Its place, for errors.</param>
    /// <param name="truncated">Whether tokens were cut off.</param>
    /// <exception cref="ArgumentException">It leaves no room for new tokens, or is empty where the model has no token that begins a text.</exception>
    internal int[] Encode(string? prompt, int index, out bool truncated)
    {
        int[] content = _frame.Content(_model.Tokenizer, prompt);
        int[] ids = [.. _frame.Before, .. content];
        ids = ids.Length > 0 ? ids : _empty;
        if (ids.Length == 0)
        {
            throw new ArgumentException($"Prompt {index} is empty, and the model '{_model.Name}' names no token that begins or ends a text. Write a prompt, or add bos_token to its tokenizer_config.json.", nameof(prompt));
        }

        return Fit(ids, _frame.Before.Length, index, out truncated);
    }

    /// <summary>Makes a prompt's tokens fit.</summary>
    /// <param name="ids">The tokens, at least one.</param>
    /// <param name="kept">How many in front are never cut off.</param>
    /// <param name="index">The prompt's place, for errors.</param>
    /// <param name="truncated">Whether tokens were cut off.</param>
    /// <exception cref="ArgumentException">They leave no room for new tokens.</exception>
    internal int[] Fit(int[] ids, int kept, int index, out bool truncated)
    {
        int most = _contextLength - (_plan.TruncatePrompts ? _plan.NewTokensOfCutPrompts : 1);
        truncated = ids.Length > most;
        if (!truncated)
        {
            return ids;
        }

        return _plan.TruncatePrompts
            ? [.. ids[..kept], .. ids[^(most - kept)..]]
            : throw new ArgumentException($"Prompt {index} has {ids.Length} tokens; {_model.Name} has a context of {_contextLength}, of which one must be left for new text. Shorten the prompt, or set TextGenerationOptions.TruncatePrompts to have it cut on the left.", nameof(ids));
    }
}
