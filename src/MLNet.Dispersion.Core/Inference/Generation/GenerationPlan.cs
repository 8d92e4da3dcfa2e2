namespace MLNet.Dispersion;

/// <summary>How texts are written, with nothing left open: what the caller said, else the model's generation_config.json, else the defaults. Immutable and thread-safe.</summary>
internal sealed record GenerationPlan
{
    private const int DefaultNewTokens = 64;

    private readonly int? _maxNewTokens;
    private readonly int? _maxLength;

    private GenerationPlan(TextGenerationOptions options, GenerationConfig? config, int defaultNewTokens)
    {
        _maxNewTokens = options.MaxNewTokens ?? config?.MaxNewTokens ?? (config?.MaxLength is null ? defaultNewTokens : null);
        _maxLength = _maxNewTokens is null ? config?.MaxLength : null;
        NewTokensOfCutPrompts = _maxNewTokens ?? Math.Min(defaultNewTokens, _maxLength!.Value - 1);
        Temperature = options.Temperature ?? (config is { Samples: true } ? config.Temperature ?? 1 : 0);
        TopK = options.TopK ?? (config?.TopK is > 0 ? config.TopK : null);

        // At 0 the file leaves the likeliest token alone.
        TopP = options.TopP ?? (config?.TopP is { } share ? Math.Max(share, double.Epsilon) : null);
        RepetitionPenalty = options.RepetitionPenalty ?? config?.RepetitionPenalty ?? 1;
        StopSequences = [.. options.StopSequences.Concat(config?.StopStrings ?? []).Distinct()];
        (Seed, TruncatePrompts, BatchSize, MaxBatchTokens) = (options.Seed, options.TruncatePrompts, options.BatchSize, options.MaxBatchTokens);
        (Engine, Precision, PrefixTokens) = (options.Engine, options.Precision, options.PrefixTokens);
    }

    /// <summary>The tokens for which room is kept behind a prompt that is cut.</summary>
    internal int NewTokensOfCutPrompts { get; }

    /// <summary>As <see cref="TextGenerationOptions.Temperature"/>.</summary>
    internal double Temperature { get; }

    /// <summary>As <see cref="TextGenerationOptions.TopK"/>.</summary>
    internal int? TopK { get; }

    /// <summary>As <see cref="TextGenerationOptions.TopP"/>.</summary>
    internal double? TopP { get; }

    /// <summary>As <see cref="TextGenerationOptions.RepetitionPenalty"/>.</summary>
    internal double RepetitionPenalty { get; }

    /// <summary>Strings that end a text.</summary>
    internal IReadOnlyList<string> StopSequences { get; init; }

    /// <summary>As <see cref="TextGenerationOptions.Seed"/>.</summary>
    internal int Seed { get; }

    /// <summary>As <see cref="TextGenerationOptions.TruncatePrompts"/>.</summary>
    internal bool TruncatePrompts { get; }

    /// <summary>As <see cref="TextGenerationOptions.BatchSize"/>.</summary>
    internal int BatchSize { get; }

    /// <summary>As <see cref="TextGenerationOptions.MaxBatchTokens"/>.</summary>
    internal int MaxBatchTokens { get; }

    /// <summary>As <see cref="TextGenerationOptions.Engine"/>.</summary>
    internal GenerationEngine Engine { get; }

    /// <summary>As <see cref="TextGenerationOptions.Precision"/>.</summary>
    internal GenerationPrecision? Precision { get; }

    /// <summary>As <see cref="TextGenerationOptions.PrefixTokens"/>.</summary>
    internal int PrefixTokens { get; }

    /// <summary>Makes the plan.</summary>
    /// <param name="options">What the caller said; checked.</param>
    /// <param name="model">The model; null for the defaults alone.</param>
    /// <param name="defaultNewTokens">The most tokens where neither says it.</param>
    /// <exception cref="NotSupportedException">The model's generation_config.json asks for what is not done here, and the options do not set it aside.</exception>
    internal static GenerationPlan Of(TextGenerationOptions options, PretrainedLanguageModel? model, int defaultNewTokens = DefaultNewTokens)
    {
        GenerationConfig? config = options.FollowGenerationConfig ? model?.GenerationConfig : null;
        return config is null or { Refused.Count: 0 } ? new GenerationPlan(options, config, defaultNewTokens) : throw new NotSupportedException(
            $"The {GenerationConfig.FileName} of {model!.Name} asks for what is not supported here: {Printable.FirstTen(config.Refused)}. Set {nameof(TextGenerationOptions)}.{nameof(TextGenerationOptions.FollowGenerationConfig)} to false to write without the file's settings, or take these fields out of it.");
    }

    /// <summary>The most tokens of prompt and text together.</summary>
    internal int MostTokens(int contextLength) => Math.Min(contextLength, _maxLength ?? contextLength);

    /// <summary>The most tokens to write behind a prompt.</summary>
    /// <param name="promptTokens">The prompt's.</param>
    /// <exception cref="ArgumentException">The prompt alone is as long as the file says that both may be.</exception>
    internal int NewTokens(int promptTokens) => _maxNewTokens ?? (promptTokens < _maxLength ? _maxLength.Value - promptTokens : throw new ArgumentException(
        FormattableString.Invariant($"The prompt has {promptTokens} tokens, and the max_length of the model's {GenerationConfig.FileName} is {_maxLength} for prompt and text together. Set {nameof(TextGenerationOptions)}.{nameof(TextGenerationOptions.MaxNewTokens)}, which counts before it, or shorten the prompt."), nameof(promptTokens)));
}
