namespace MLNet.Dispersion.Models;

/// <summary>The language-model head of a decoder.</summary>
public enum HeadKind
{
    /// <summary>The token embedding serves as the head.</summary>
    Tied,

    /// <summary>A matrix of its own, <c>[V, F]</c>.</summary>
    Own,

    /// <summary>None: the network gives hidden states and predicts no tokens, as where a classifier was saved in its place.</summary>
    None,
}
