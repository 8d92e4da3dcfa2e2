using static TorchSharp.torch;

namespace MLNet.Dispersion.Backbones.Shared;

/// <summary>The transformer below the language-model head.</summary>
internal interface ITransformerTrunk
{
    BackboneOutput Forward(Tensor inputIds, Tensor? attentionMask, HiddenStateSelection selection);

    /// <summary>Logits by the token embedding itself, float32.</summary>
    Tensor TiedHead(Tensor hidden);
}
