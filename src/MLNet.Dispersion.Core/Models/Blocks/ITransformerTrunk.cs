using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>The transformer below the language-model head.</summary>
internal interface ITransformerTrunk
{
    /// <summary>From token ids to hidden states.</summary>
    /// <param name="inputIds"><c>[B, L]</c>, int64.</param>
    /// <param name="attentionMask">Which are real, <c>[B, L]</c>, bool; null when all are.</param>
    /// <param name="selection">Which hidden states to keep.</param>
    /// <param name="pass">Where keys and values are kept and those of earlier tokens are found; null to read sequences whole.</param>
    BackboneOutput Forward(Tensor inputIds, Tensor? attentionMask, HiddenStateSelection selection, CachedPass? pass);

    /// <summary>The token embedding, which is the head as well when that is tied.</summary>
    EmbeddingTable TokenEmbedding { get; }
}
