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

    /// <summary>Gets the rotary positions of queries and keys; null for none.</summary>
    public RotarySpec? Rotary { get; init; }

    /// <summary>Gets the norm of each query and each key head, before rotation; null for none.</summary>
    public NormSpec? HeadNorm { get; init; }

    /// <summary>Gets what scores are multiplied by; null for one over the root of <see cref="HeadSize"/>.</summary>
    public double? Scale { get; init; }

    /// <summary>Gets a value indicating whether scores are also divided by the block's number, counted from 1.</summary>
    public bool ScalesByLayer { get; init; }

    /// <summary>Gets the probability of dropping an attention weight in training. 0..1, 1 excluded.</summary>
    public double Dropout { get; init; }
}
