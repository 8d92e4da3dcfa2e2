namespace MLNet.Dispersion.Models;

/// <summary>Llama and what shares its layout (Qwen2, Qwen2.5, Qwen3, Mistral without a window), with the language-model head.</summary>
internal sealed class LlamaBackbone : TransformerBackbone
{
    private readonly LlamaModel model;
    private readonly ProjectionLayer? lm_head;

    private LlamaBackbone(LlamaConfig config, BackboneInfo info)
        : base(info, "model", "lm_head", [".rotary_emb.inv_freq"])
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

    protected override ITransformerTrunk Trunk => model;

    protected override ProjectionLayer? Head => lm_head;
}
