using static TorchSharp.torch;

namespace MLNet.Dispersion.Backbones.Shared;

/// <summary>The transformer below the language-model head.</summary>
internal interface ITransformerTrunk
{
    BackboneOutput Forward(Tensor inputIds, Tensor? attentionMask, HiddenStateSelection selection);

    /// <summary>The token embedding, which is the head as well when that is tied.</summary>
    EmbeddingTable TokenEmbedding { get; }
}
