namespace MLNet.Dispersion.Models;

/// <summary>GPT-NeoX, the architecture of Pythia, with the language-model head.</summary>
internal sealed class GptNeoXBackbone : TransformerBackbone
{
    private readonly GptNeoXModel gpt_neox;
    private readonly ProjectionLayer? embed_out;

    private GptNeoXBackbone(GptNeoXConfig config, BackboneInfo info)
        : base(info, "gpt_neox", "embed_out", [".attention.bias", ".attention.masked_bias", ".rotary_emb.inv_freq"])
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

    protected override ITransformerTrunk Trunk => gpt_neox;

    protected override ProjectionLayer? Head => embed_out;
}
