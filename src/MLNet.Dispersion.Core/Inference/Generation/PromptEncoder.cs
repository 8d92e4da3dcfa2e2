namespace MLNet.Dispersion;

/// <summary>Makes token sequences of prompts: as the tokenizer begins texts, but open at the end.</summary>
internal sealed class PromptEncoder
{
    private readonly PretrainedLanguageModel _model;
    private readonly TokenFrame _frame;
    private readonly int[] _empty;
    private readonly int _contextLength;
    private readonly TextGenerationOptions _options;

    /// <exception cref="ArgumentException">Prompts are to be cut for more new tokens than the context holds.</exception>
    internal PromptEncoder(PretrainedLanguageModel model, TextGenerationOptions options)
    {
        _model = model;
        _options = options;
        _frame = TokenFrame.Of(model.Tokenizer);
        _contextLength = model.Backbone.Info.ContextLength;
        int? begin = model.Tokenizer.BosTokenId ?? model.Backbone.Info.BosTokenId ?? model.Tokenizer.EosTokenId ?? model.Backbone.Info.EosTokenId;
        _empty = _frame.Before.Length > 0 ? _frame.Before : begin is { } id ? [id] : [];
        if (options.TruncatePrompts && options.MaxNewTokens + Math.Max(1, _frame.Before.Length) > _contextLength)
        {
            throw new ArgumentException($"TextGenerationOptions.MaxNewTokens is {options.MaxNewTokens}, but {model.Name} has a context of {_contextLength} tokens, of which cut prompts need {Math.Max(1, _frame.Before.Length)}. Lower it, or do not set TruncatePrompts.", nameof(options));
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

        int most = _contextLength - (_options.TruncatePrompts ? _options.MaxNewTokens : 1);
        truncated = ids.Length > most;
        if (!truncated)
        {
            return ids;
        }

        return _options.TruncatePrompts
            ? [.. _frame.Before, .. content[^(most - _frame.Before.Length)..]]
            : throw new ArgumentException($"Prompt {index} has {ids.Length} tokens; {_model.Name} has a context of {_contextLength}, of which one must be left for new text. Shorten the prompt, or set TextGenerationOptions.TruncatePrompts to have it cut on the left.", nameof(prompt));
    }
}
