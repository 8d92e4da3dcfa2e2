namespace MLNet.Dispersion;

/// <summary>How texts are written, as saved models hold it.</summary>
internal sealed record GenerationDocument(
    int? MaxNewTokens,
    double? Temperature,
    int? TopK,
    double? TopP,
    double? RepetitionPenalty,
    int Seed,
    bool StopAtEndOfText,
    bool TruncatePrompts,
    int BatchSize,
    int MaxBatchTokens,
    IReadOnlyList<string> StopSequences,
    bool FollowGenerationConfig = true,
    GenerationEngine Engine = GenerationEngine.Auto,
    GenerationPrecision? Precision = null,
    int PrefixTokens = 0)
{
    internal static GenerationDocument Of(TextGenerationOptions options) => new(
        options.MaxNewTokens, options.Temperature, options.TopK, options.TopP, options.RepetitionPenalty, options.Seed,
        options.StopAtEndOfText, options.TruncatePrompts, options.BatchSize, options.MaxBatchTokens, options.StopSequences, options.FollowGenerationConfig, options.Engine, options.Precision, options.PrefixTokens);

    internal TextGenerationOptions ToOptions() => new()
    {
        MaxNewTokens = MaxNewTokens,
        Temperature = Temperature,
        TopK = TopK,
        TopP = TopP,
        RepetitionPenalty = RepetitionPenalty,
        Seed = Seed,
        StopAtEndOfText = StopAtEndOfText,
        TruncatePrompts = TruncatePrompts,
        BatchSize = BatchSize,
        MaxBatchTokens = MaxBatchTokens,
        StopSequences = StopSequences,
        FollowGenerationConfig = FollowGenerationConfig,
        Engine = Engine,
        Precision = Precision,
        PrefixTokens = PrefixTokens,
    };
}
