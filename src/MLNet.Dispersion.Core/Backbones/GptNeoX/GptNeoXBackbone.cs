using MLNet.Dispersion.Backbones.Shared;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Backbones.GptNeoX;

/// <summary>GPT-NeoX, the architecture of Pythia, with the language-model head.</summary>
internal sealed class GptNeoXBackbone : CausalLMBackbone
{
    private static readonly string[] Buffers = [".attention.bias", ".attention.masked_bias", ".rotary_emb.inv_freq"];
    private readonly GptNeoXModel gpt_neox;
    private readonly ProjectionLayer? embed_out;

    private GptNeoXBackbone(GptNeoXConfig config, BackboneInfo info)
        : base(info)
    {
        gpt_neox = new GptNeoXModel(Context, config);
        embed_out = config.TiedHead ? null : new ProjectionLayer(Context, config.HiddenSize, config.VocabularySize, hasBias: false);
        RegisterComponents();
    }

    internal static GptNeoXBackbone Create(ConfigReader reader)
    {
        var config = GptNeoXConfig.Read(reader);
        return new GptNeoXBackbone(config, reader.Info(config.VocabularySize, config.HiddenSize, config.LayerCount, config.ContextLength));
    }

    /// <inheritdoc/>
    protected internal override string? ArchitectureName => "GPTNeoXForCausalLM";

    /// <inheritdoc/>
    public override BackboneOutput Forward(Tensor inputIds, Tensor? attentionMask, HiddenStateSelection hiddenStates)
    {
        CheckInput(inputIds, attentionMask);
        return gpt_neox.Forward(inputIds, attentionMask, hiddenStates);
    }

    /// <inheritdoc/>
    public override Tensor Logits(Tensor lastHiddenState) =>
        embed_out is null ? gpt_neox.TiedHead(lastHiddenState) : embed_out.Forward(lastHiddenState).to(ScalarType.Float32);

    /// <inheritdoc/>
    protected internal override string ParameterName(string tensorName) =>
        tensorName.StartsWith("gpt_neox.", StringComparison.Ordinal) || tensorName.StartsWith("embed_out.", StringComparison.Ordinal) ? tensorName : "gpt_neox." + tensorName;

    /// <inheritdoc/>
    protected internal override bool IsIgnorable(string tensorName) =>
        Buffers.Any(buffer => tensorName.EndsWith(buffer, StringComparison.Ordinal)) || (embed_out is null && tensorName == "embed_out.weight");
}
