using static TorchSharp.torch;

namespace MLNet.Dispersion.Backbones;

/// <summary>A causal language model without any loss: token ids in, hidden states and logits out.</summary>
/// <remarks>
/// Parameter names are those of the Hugging Face checkpoint of its causal-LM class, so <c>named_parameters()</c> is the weight map.
/// In evaluation mode forward passes may run concurrently; training must have the backbone for itself. The owner disposes it.
/// </remarks>
public abstract class CausalLMBackbone : nn.Module
{
    /// <summary>Creates the backbone.</summary>
    /// <param name="info">Its description.</param>
    protected CausalLMBackbone(BackboneInfo info)
        : base(info.ModelType)
    {
        Info = info;
    }

    /// <summary>What the backbone says of itself.</summary>
    public BackboneInfo Info { get; }

    /// <summary>
    /// The type in which matrix products and attention run: <see cref="ScalarType.Float32"/> (default) or <see cref="ScalarType.BFloat16"/>
    /// (mixed precision: weights, norms, residual stream and hidden states stay float32, operands are cast on the fly).
    /// </summary>
    public ScalarType ComputeType { get; set; } = ScalarType.Float32;

    /// <summary>The generator that dropout masks are drawn from in training; with null there is no dropout, whatever the configuration says.</summary>
    public Generator? DropoutGenerator { get; set; }

    /// <summary>Runs the transformer.</summary>
    /// <param name="inputIds">Token ids, <c>[B, L]</c>, int64, each in 0..V-1; L at most <see cref="BackboneInfo.ContextLength"/>.</param>
    /// <param name="attentionMask">Which tokens are real, <c>[B, L]</c>, bool, padding on the right only; null when all are.</param>
    /// <param name="hiddenStates">Which hidden states to keep.</param>
    /// <returns>The last hidden state and those asked for, float32.</returns>
    public abstract BackboneOutput Forward(Tensor inputIds, Tensor? attentionMask, HiddenStateSelection hiddenStates);

    /// <summary>The language-model head.</summary>
    /// <param name="lastHiddenState">Final hidden states, <c>[..., F]</c>, float32.</param>
    /// <returns>Logits <c>[..., V]</c>, float32; position t speaks of token t + 1.</returns>
    public abstract Tensor Logits(Tensor lastHiddenState);
}
