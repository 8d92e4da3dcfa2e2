namespace MLNet.Dispersion;

/// <summary>What a language model adds to every row, and how the training texts are laid into blocks.</summary>
/// <remarks>Not thread-safe while it is edited; estimators take a copy, so that later edits change nothing.</remarks>
public sealed class LanguageModelOptions
{
    /// <summary>Gets or sets the column of the text's feature vector (vector of <see cref="float"/>, as long as the model's hidden states). Default <c>Features</c>, where ML.NET's trainers look for it; null for none.</summary>
    public string? FeaturesColumnName { get; set; } = "Features";

    /// <summary>Gets or sets the column of the number of tokens (<see cref="int"/>). Default <c>TokenCount</c>; null for none.</summary>
    public string? TokenCountColumnName { get; set; } = "TokenCount";

    /// <summary>Gets or sets the column of the text's log-likelihood, natural logarithm, summed over its tokens (<see cref="float"/>). Default <c>LogLikelihood</c>; null for none.</summary>
    public string? LogLikelihoodColumnName { get; set; } = "LogLikelihood";

    /// <summary>Gets or sets the column of exp(-log-likelihood / tokens) (<see cref="float"/>). Default <c>Perplexity</c>; null for none.</summary>
    public string? PerplexityColumnName { get; set; } = "Perplexity";

    /// <summary>Gets or sets the column of what the model writes behind the text (text). Default null: none, since it takes a forward pass a token.</summary>
    public string? ContinuationColumnName { get; set; }

    /// <summary>Gets or sets the pooling, normalisation and the most tokens of a text, for the first four columns.</summary>
    public TextFeatureOptions Features { get; set; } = new();

    /// <summary>
    /// Gets or sets whether the common mean is subtracted from feature vectors: <c>Fit</c> learns it of the first <see cref="CenteringTexts"/> texts, after training, and it is saved with the model
    /// (<see cref="TextFeatureOptions.Mean"/>, which must be null then). Default false. Helps wherever vectors are compared by cosine and the model is condensed; a linear trainer with an intercept does so itself.
    /// </summary>
    public bool CenterFeatures { get; set; }

    /// <summary>Gets or sets how many texts the common mean is learnt of, at most. Default 1000. At least 1.</summary>
    public int CenteringTexts { get; set; } = 1000;

    /// <summary>
    /// Gets or sets how many directions, in which the vectors of those texts differ most, are taken out beside the mean (<see cref="TextFeatureOptions.Directions"/>, which must be null then). Default 0. Not above 0 without
    /// <see cref="CenterFeatures"/>; fewer than texts and features.
    /// </summary>
    public int CenteringDirections { get; set; }

    /// <summary>Gets or sets how continuations are written. Default: as the model's generation_config.json says, else the likeliest 64 tokens at most; behind as much of a long text's end as leaves room for them (<see cref="TextGenerationOptions.TruncatePrompts"/> is true).</summary>
    public TextGenerationOptions Generation { get; set; } = new() { TruncatePrompts = true };

    /// <summary>
    /// Gets or sets how training texts become blocks of at most <see cref="FineTuneOptions.MaxSequenceLength"/> tokens. True (default): laid end to end, each closed by the end-of-sequence
    /// token unless <see cref="SeparateTexts"/> is false, and cut into full blocks. False: a block for each text, begun and closed by such tokens, as texts stand when they are scored; longer ones are cut off.
    /// </summary>
    public bool PackTexts { get; set; } = true;

    /// <summary>Gets or sets whether the end-of-sequence token closes each of the packed texts. Default true. False as in the published experiments: texts run into one another. Without effect where <see cref="PackTexts"/> is false.</summary>
    public bool SeparateTexts { get; set; } = true;

    /// <summary>Gets or sets the column of how much each text counts in training (<see cref="float"/>, at least 0): the loss of each of its tokens is multiplied by it. Null (default) where all count the same. Without training it has no use and is refused.</summary>
    public string? ExampleWeightColumnName { get; set; }

    /// <summary>Gets or sets where a model that is not trained is loaded to: <c>auto</c> (default: CUDA where available, else CPU), <c>cpu</c>, <c>cuda</c>, <c>cuda:N</c> or <c>mps</c>. One that is trained is where <see cref="FineTuneOptions.Device"/> says.</summary>
    public string Device { get; set; } = "auto";

    internal LanguageModelOptions Clone()
    {
        var copy = (LanguageModelOptions)MemberwiseClone();
        copy.Features = (Features ?? throw new ArgumentNullException(nameof(Features))).Clone();
        copy.Generation = (Generation ?? throw new ArgumentNullException(nameof(Generation))).Clone();
        return copy;
    }

    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    internal void Validate()
    {
        Features.Validate();
        Generation.Validate();
        if (CenteringTexts < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(CenteringTexts), CenteringTexts, FormattableString.Invariant($"LanguageModelOptions.CenteringTexts is {CenteringTexts}; it must be at least 1."));
        }

        if (CenteringDirections < 0)
        {
            throw new ArgumentOutOfRangeException(nameof(CenteringDirections), CenteringDirections, FormattableString.Invariant($"LanguageModelOptions.CenteringDirections is {CenteringDirections}; it must be at least 0."));
        }

        if (CenterFeatures && (Features.Mean is not null || Features.Directions is not null))
        {
            throw new ArgumentException("LanguageModelOptions.CenterFeatures learns the mean and the directions that Features.Mean or Features.Directions hold already. Set one of them.", nameof(CenterFeatures));
        }

        if (CenteringDirections > 0 && !CenterFeatures)
        {
            throw new ArgumentException("LanguageModelOptions.CenteringDirections are taken out beside the mean: set CenterFeatures too.", nameof(CenteringDirections));
        }

        ArgumentException.ThrowIfNullOrWhiteSpace(Device, nameof(LanguageModelOptions) + "." + nameof(Device));
    }
}
