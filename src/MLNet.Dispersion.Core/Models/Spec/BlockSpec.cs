namespace MLNet.Dispersion.Models;

/// <summary>Says what a block is made of and how its two branches, attention and perceptron, are put together.</summary>
public sealed record BlockSpec
{
    /// <summary>Gets how branches, residuals and norms follow each other.</summary>
    public required BlockOrder Order { get; init; }

    /// <summary>Gets the attention branch.</summary>
    public required AttentionSpec Attention { get; init; }

    /// <summary>Gets the perceptron branch.</summary>
    public required MlpSpec Mlp { get; init; }

    /// <summary>Gets the norm of each branch.</summary>
    public required NormSpec Norm { get; init; }

    /// <summary>Gets a value indicating whether the attention branch reads the block's input without a norm, as in the first block of ModernBERT. Only with <see cref="BlockOrder.NormFirst"/>.</summary>
    public bool SkipsAttentionNorm { get; init; }

    /// <summary>Gets what the output of each branch is multiplied by before it is added to the residual. Above 0; default 1.</summary>
    public double BranchScale { get; init; } = 1;

    /// <summary>Gets the probability of dropping a feature of a branch's output in training, 0..1, 1 excluded; null where the architecture has no dropout in this place, so that <see cref="LanguageBackbone.DropoutProbability"/> brings none either.</summary>
    public double? Dropout { get; init; }
}
