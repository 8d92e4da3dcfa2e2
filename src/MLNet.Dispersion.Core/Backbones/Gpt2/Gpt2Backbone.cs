using MLNet.Dispersion.Backbones.Shared;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Backbones.Gpt2;

/// <summary>GPT-2 (and its siblings of the same layout) with its language-model head.</summary>
internal sealed class Gpt2Backbone : CausalLMBackbone
{
    private readonly Gpt2Model transformer;
    private readonly ProjectionLayer? lm_head;

    internal Gpt2Backbone(Gpt2Config config, BackboneInfo info)
        : base(info)
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

    /// <inheritdoc/>
    public override BackboneOutput Forward(Tensor inputIds, Tensor? attentionMask, HiddenStateSelection hiddenStates)
    {
        CheckInput(inputIds, attentionMask);
        return transformer.Forward(inputIds, attentionMask, hiddenStates);
    }

    /// <inheritdoc/>
    public override Tensor Logits(Tensor lastHiddenState) =>
        lm_head is null ? transformer.TiedHead(lastHiddenState) : lm_head.Forward(lastHiddenState).to(ScalarType.Float32);

    /// <inheritdoc/>
    protected internal override string ParameterName(string tensorName) =>
        tensorName.StartsWith("transformer.", StringComparison.Ordinal) || tensorName.StartsWith("lm_head.", StringComparison.Ordinal) ? tensorName : "transformer." + tensorName;

    /// <inheritdoc/>
    protected internal override bool IsIgnorable(string tensorName) =>
        tensorName.EndsWith(".attn.bias", StringComparison.Ordinal)
        || tensorName.EndsWith(".attn.masked_bias", StringComparison.Ordinal)
        || (lm_head is null && tensorName == "lm_head.weight");

    /// <inheritdoc/>
    protected internal override double InitializerScale(string parameterName) =>
        parameterName.EndsWith(".c_proj.weight", StringComparison.Ordinal) ? 1 / Math.Sqrt(2.0 * Info.LayerCount) : 1;
}
