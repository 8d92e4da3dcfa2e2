using MLNet.Dispersion.Backbones.Shared;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Backbones.Llama;

/// <summary>Llama and what shares its layout (Qwen2, Qwen2.5, Qwen3, Mistral without a window), with the language-model head.</summary>
internal sealed class LlamaBackbone : CausalLMBackbone
{
    private readonly LlamaModel model;
    private readonly ProjectionLayer? lm_head;

    private LlamaBackbone(LlamaConfig config, BackboneInfo info)
        : base(info)
    {
        model = new LlamaModel(Context, config);
        lm_head = config.TiedHead ? null : new ProjectionLayer(Context, config.HiddenSize, config.VocabularySize, hasBias: false);
        RegisterComponents();
    }

    internal static LlamaBackbone Create(ConfigReader reader)
    {
        var config = LlamaConfig.Read(reader);
        return new LlamaBackbone(config, reader.Info(config.VocabularySize, config.HiddenSize, config.LayerCount, config.ContextLength));
    }

    /// <inheritdoc/>
    protected internal override string? ArchitectureName => Info.ModelType switch
    {
        "llama" => "LlamaForCausalLM",
        "qwen2" => "Qwen2ForCausalLM",
        "qwen3" => "Qwen3ForCausalLM",
        "mistral" => "MistralForCausalLM",
        _ => null,
    };

    /// <inheritdoc/>
    public override BackboneOutput Forward(Tensor inputIds, Tensor? attentionMask, HiddenStateSelection hiddenStates)
    {
        CheckInput(inputIds, attentionMask);
        return model.Forward(inputIds, attentionMask, hiddenStates);
    }

    /// <inheritdoc/>
    public override Tensor Logits(Tensor lastHiddenState) =>
        lm_head is null ? model.TiedHead(lastHiddenState) : lm_head.Forward(lastHiddenState).to(ScalarType.Float32);

    /// <inheritdoc/>
    protected internal override string ParameterName(string tensorName) =>
        tensorName.StartsWith("model.", StringComparison.Ordinal) || tensorName.StartsWith("lm_head.", StringComparison.Ordinal) ? tensorName : "model." + tensorName;

    /// <inheritdoc/>
    protected internal override bool IsIgnorable(string tensorName) =>
        tensorName.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal) || (lm_head is null && tensorName == "lm_head.weight");
}
