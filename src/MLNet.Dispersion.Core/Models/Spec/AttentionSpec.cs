namespace MLNet.Dispersion.Models;

/// <summary>Says how attention is made.</summary>
public sealed record AttentionSpec
{
    /// <summary>Gets the number of query heads (H).</summary>
    public required int HeadCount { get; init; }

    /// <summary>Gets the number of key and value heads (K), each of which serves H / K query heads.</summary>
    public required int KeyHeadCount { get; init; }

    /// <summary>Gets the features of a head (D); H times D need not be the hidden size.</summary>
    public required int HeadSize { get; init; }

    /// <summary>Gets how the projections of queries, keys and values are stored.</summary>
    public AttentionStorage Storage { get; init; }

    /// <summary>Gets a value indicating whether these projections have a bias.</summary>
    public bool HasInputBias { get; init; }

    /// <summary>Gets a value indicating whether the projection of the result has a bias.</summary>
    public bool HasOutputBias { get; init; }

    /// <summary>Gets the largest size of an entry of queries, keys and values, beyond which it is cut off; null for no limit. Above 0.</summary>
    public double? InputLimit { get; init; }

    /// <summary>Gets the rotary positions of queries and keys; null for none.</summary>
    public RotarySpec? Rotary { get; init; }

    /// <summary>Gets the norm of queries and keys, before rotation; null for none.</summary>
    public NormSpec? HeadNorm { get; init; }

    /// <summary>Gets what <see cref="HeadNorm"/> normalises, and how its weights are stored.</summary>
    public HeadNormScope HeadNormScope { get; init; }

    /// <summary>Gets what scores are multiplied by; null for one over the root of <see cref="HeadSize"/>.</summary>
    public double? Scale { get; init; }

    /// <summary>Gets a value indicating whether scores are also divided by the block's number, counted from 1.</summary>
    public bool ScalesByLayer { get; init; }

    /// <summary>Gets the cap that scores near but never reach, <c>cap tanh(score / cap)</c>; null for none. Above 0.</summary>
    public double? ScoreCap { get; init; }

    /// <summary>Gets the distance from which on tokens do not see each other, so that a decoder's token sees the last so many, itself included; null for none. At least 1.</summary>
    public int? Window { get; init; }

    /// <summary>Gets the bias by distance, of a fixed slope a head; null for none.</summary>
    public AlibiSpec? Alibi { get; init; }

    /// <summary>Gets the learned terms of scores that depend on the distance of two tokens, in an encoder; null for none.</summary>
    public RelativeSpec? Relative { get; init; }

    /// <summary>Gets the probability of dropping an attention weight in training. 0..1, 1 excluded.</summary>
    public double Dropout { get; init; }
}
