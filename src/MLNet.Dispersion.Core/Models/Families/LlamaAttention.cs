using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>Grouped-query self-attention with rotary positions.</summary>
internal sealed class LlamaAttention : nn.Module
{
    private readonly ForwardContext _context;
    private readonly LlamaConfig _config;
    private readonly RotaryEmbedding _rotary;
    private readonly ProjectionLayer q_proj;
    private readonly ProjectionLayer k_proj;
    private readonly ProjectionLayer v_proj;
    private readonly ProjectionLayer o_proj;
    private readonly RmsNorm? q_norm;
    private readonly RmsNorm? k_norm;

    internal LlamaAttention(ForwardContext context, LlamaConfig config, RotaryEmbedding rotary)
        : base(nameof(LlamaAttention))
    {
        _context = context;
        _config = config;
        _rotary = rotary;
        int queries = config.HeadCount * config.HeadSize;
        int keys = config.KeyValueHeadCount * config.HeadSize;
        q_proj = new ProjectionLayer(context, config.HiddenSize, queries, config.InputBias);
        k_proj = new ProjectionLayer(context, config.HiddenSize, keys, config.InputBias);
        v_proj = new ProjectionLayer(context, config.HiddenSize, keys, config.InputBias);
        o_proj = new ProjectionLayer(context, queries, config.HiddenSize, config.OutputBias);
        q_norm = config.NormalisedHeads ? new RmsNorm(config.HeadSize, config.RmsNormEpsilon) : null;
        k_norm = config.NormalisedHeads ? new RmsNorm(config.HeadSize, config.RmsNormEpsilon) : null;
        RegisterComponents();
    }

    internal Tensor Forward(Tensor input, CausalMask mask, (Tensor Cosine, Tensor Sine) positions)
    {
        var query = Heads(q_proj.Forward(input), _config.HeadCount, q_norm);
        var key = Heads(k_proj.Forward(input), _config.KeyValueHeadCount, k_norm);
        var value = Heads(v_proj.Forward(input), _config.KeyValueHeadCount, norm: null);
        query = _context.Cast(_rotary.Rotate(query, positions));
        key = _context.Cast(_rotary.Rotate(key, positions));
        double dropout = _context.Dropout(_config.AttentionDropout, training);
        var attended = CausalAttention.Attend(_context, query, key, value, mask, dropout: dropout);
        return o_proj.Forward(attended.transpose(1, 2).flatten(2, 3));
    }

    private Tensor Heads(Tensor projected, int count, RmsNorm? norm)
    {
        var heads = projected.view(projected.shape[0], projected.shape[1], count, _config.HeadSize);
        return (norm is null ? heads : norm.Forward(heads)).transpose(1, 2);
    }
}
