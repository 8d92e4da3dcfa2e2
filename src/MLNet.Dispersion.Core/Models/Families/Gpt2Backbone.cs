namespace MLNet.Dispersion.Models;

/// <summary>GPT-2 (and its siblings of the same layout) with its language-model head.</summary>
internal sealed class Gpt2Backbone : TransformerBackbone
{
    private readonly Gpt2Model transformer;
    private readonly ProjectionLayer? lm_head;

    internal Gpt2Backbone(Gpt2Config config, BackboneInfo info)
        : base(info, "transformer", "lm_head", [".attn.bias", ".attn.masked_bias"])
    {
        transformer = new Gpt2Model(Context, config);
        lm_head = config.TiedHead ? null : new ProjectionLayer(Context, config.HiddenSize, config.VocabularySize, hasBias: false);
        RegisterComponents();
    }

    internal static Gpt2Backbone Create(ConfigReader reader)
    {
        var config = Gpt2Config.Read(reader);
        return new Gpt2Backbone(config, reader.Info(config.VocabularySize, config.HiddenSize, config.LayerCount, config.ContextLength));
    }

    /// <inheritdoc/>
    protected internal override string? ArchitectureName => "GPT2LMHeadModel";

    protected override ITransformerTrunk Trunk => transformer;

    protected override ProjectionLayer? Head => lm_head;

    /// <inheritdoc/>
    protected internal override double InitializerScale(string parameterName) =>
        parameterName.EndsWith(".c_proj.weight", StringComparison.Ordinal) ? 1 / Math.Sqrt(2.0 * Info.LayerCount) : 1;
}
