namespace MLNet.Dispersion;

/// <summary>How a language model writes on. What is left null is done as the model's generation_config.json says; where that is silent too, the likeliest text is written, 64 tokens at most.</summary>
/// <remarks>
/// Applied in this order: <see cref="RepetitionPenalty"/>, <see cref="Temperature"/>, <see cref="TopK"/>, <see cref="TopP"/>. Not thread-safe while it is edited; it is copied when a generation starts.
/// </remarks>
public sealed class TextGenerationOptions : IOptions
{
    /// <summary>Gets or sets the most tokens to write. Default null: the <c>max_new_tokens</c> of the model's generation_config.json, else its <c>max_length</c> less the prompt's tokens, else 64 (in chats 512). At least 1.</summary>
    public int? MaxNewTokens { get; set; }

    /// <summary>
    /// Gets or sets what logits are divided by before a token is drawn: below 1 bolder choices grow rarer, above 1 more frequent. 0 always takes the likeliest token, of several the one of the lowest id.
    /// Default null: the file's <c>temperature</c> (else 1) where its <c>do_sample</c> is true, else 0. At least 0.
    /// </summary>
    public double? Temperature { get; set; }

    /// <summary>Gets or sets how many of the likeliest tokens to draw from; of equally likely ones those of lower ids. Default null: the file's <c>top_k</c>, else all; <see cref="int.MaxValue"/> for all in any case. At least 1.</summary>
    public int? TopK { get; set; }

    /// <summary>Gets or sets the probability that the tokens to draw from reach together: the fewest likeliest ones that add up to at least this ("nucleus"). Default null: the file's <c>top_p</c>, else 1, which is all. Above 0, at most 1.</summary>
    public double? TopP { get; set; }

    /// <summary>
    /// Gets or sets the number that makes tokens rarer which stand in the prompt or the text already: their logits are divided by it where above 0, multiplied where below (the CTRL paper's rule).
    /// Default null: the file's <c>repetition_penalty</c>, else 1, which changes nothing. At least 1.
    /// </summary>
    public double? RepetitionPenalty { get; set; }

    /// <summary>
    /// Gets or sets the seed of the drawing of tokens. Every text has random numbers of its own, made of this and its prompt's tokens: the same prompt gives the same text whatever is generated beside it,
    /// as far as rounding in the last digits lets two tokens of all but equal chances be told apart. For other texts of the same prompt take other seeds. Default 0.
    /// </summary>
    public int Seed { get; set; }

    /// <summary>Gets or sets the strings that end the text and are not part of it, wherever tokens begin and end. Default none. Each has at least one character. The file's <c>stop_strings</c> end it as well.</summary>
    public IReadOnlyList<string> StopSequences { get; set; } = [];

    /// <summary>Gets or sets whether the model's end-of-sequence tokens (<see cref="PretrainedLanguageModel.EndTokenIds"/>) end the text. Default true; false writes on.</summary>
    public bool StopAtEndOfText { get; set; } = true;

    /// <summary>Gets or sets whether the model's generation_config.json is followed where these options leave something open. Default true; false takes nothing from it but the tokens that end texts.</summary>
    public bool FollowGenerationConfig { get; set; } = true;

    /// <summary>
    /// Gets or sets what to do with prompts that leave no room in the model's context. False (default): a prompt that fills it is an error, and a text ends where the context does.
    /// True: prompts are cut on the left, so that <see cref="MaxNewTokens"/> fit behind what is left of them; these must then be fewer than the context's tokens.
    /// </summary>
    public bool TruncatePrompts { get; set; }

    /// <summary>Gets or sets the most texts that are written side by side. Default 16. At least 1.</summary>
    public int BatchSize { get; set; } = 16;

    /// <summary>Gets or sets the most tokens whose keys and values are in memory at once, padding and tokens to come included; a longer text has the memory to itself. Default 16,384. At least 1.</summary>
    public int MaxBatchTokens { get; set; } = 16_384;

    /// <summary>Gets or sets what computes the tokens behind a prompt. Default <see cref="GenerationEngine.Auto"/>: the library's own decoder where it can.</summary>
    public GenerationEngine Engine { get; set; }

    /// <summary>
    /// Gets or sets the number type in which the library's own decoder holds matrices. Default null: <see cref="GenerationPrecision.BFloat16"/> where the backbone multiplies in bfloat16 (<see cref="LanguageBackbone.ComputeType"/>), else
    /// <see cref="GenerationPrecision.Float32"/>. The copies of a narrower type are made at the first text and stay with the model until its weights change or it is disposed. Not with <see cref="GenerationEngine.Torch"/>.
    /// </summary>
    public GenerationPrecision? Precision { get; set; }

    /// <summary>
    /// Gets or sets the most tokens of texts whose keys and values stay with the model for later texts that begin alike, such as the next turn of a conversation: what both have in common is not read again.
    /// Of texts that are written one at a time; not with rotary positions that change with the length, nor where the backbone multiplies in bfloat16. A token takes the memory of its keys and values in float32 (SmolLM2-135M: 46 KB).
    /// They are freed when training begins, an adapter changes or the model is disposed: if you change weights by other means, set this to 0. Default 0, which keeps none. At least 0.
    /// </summary>
    public int PrefixTokens { get; set; }

    /// <summary>A copy, which later edits do not reach.</summary>
    public TextGenerationOptions Clone()
    {
        var copy = (TextGenerationOptions)MemberwiseClone();
        copy.StopSequences = [.. StopSequences ?? throw new ArgumentNullException(nameof(StopSequences))];
        return copy;
    }

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is outside its range; the message names value and limit.</exception>
    public void Validate() => new Require(nameof(TextGenerationOptions)).Options(this);

    /// <inheritdoc/>
    void IOptions.Check(Require require)
    {
        require.AtLeast(MaxNewTokens, 1);
        require.That(Temperature is null or (>= 0 and < double.PositiveInfinity), Temperature, "a finite number of at least 0; 0 takes the likeliest token");
        require.AtLeast(TopK, 1, ", or null for as many as the model says");
        require.That(TopP is null or (> 0 and <= 1), TopP, "above 0 and at most 1, or null for as much as the model says");
        require.That(RepetitionPenalty is null or (>= 1 and < double.PositiveInfinity), RepetitionPenalty, "a finite number of at least 1; 1 changes nothing");
        require.AtLeast(BatchSize, 1);
        require.AtLeast(MaxBatchTokens, 1);
        require.AtLeast(PrefixTokens, 0);
        require.Defined(Engine, name: nameof(Engine));
        require.Defined(Precision ?? default, name: nameof(Precision));
        require.That(Precision is null || Engine != GenerationEngine.Torch, Precision, "null where Engine is Torch, which computes in the backbone's own number type");
        ArgumentNullException.ThrowIfNull(StopSequences, nameof(TextGenerationOptions) + "." + nameof(StopSequences));
        require.That(StopSequences.All(stop => !string.IsNullOrEmpty(stop)), "an empty string or null in one place", "strings of at least one character", nameof(StopSequences));
    }
}
