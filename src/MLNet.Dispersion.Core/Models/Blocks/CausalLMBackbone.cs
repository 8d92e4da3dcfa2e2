using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>A causal language model: each position sees those before it, and a head predicts the next token.</summary>
/// <remarks>Parameter names are those of the Hugging Face checkpoint of its causal-LM class.</remarks>
public abstract class CausalLMBackbone : LanguageBackbone
{
    /// <summary>Creates the backbone.</summary>
    /// <param name="info">Its description.</param>
    protected CausalLMBackbone(BackboneInfo info)
        : base(info)
    {
    }

    /// <summary>Gets true.</summary>
    public sealed override bool IsCausal => true;

    /// <inheritdoc/>
    public abstract override Tensor Logits(Tensor lastHiddenState);
}
