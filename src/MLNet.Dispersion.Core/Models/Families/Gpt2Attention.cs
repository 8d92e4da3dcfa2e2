using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>Self-attention with one projection for queries, keys and values.</summary>
internal sealed class Gpt2Attention : nn.Module
{
    private readonly ForwardContext _context;
    private readonly Gpt2Config _config;
    private readonly double _scale;
    private readonly Conv1D c_attn;
    private readonly Conv1D c_proj;

    internal Gpt2Attention(ForwardContext context, Gpt2Config config, int layer)
        : base(nameof(Gpt2Attention))
    {
        _context = context;
        _config = config;
        _scale = config.ScaleAttention ? 1 / Math.Sqrt((double)config.HiddenSize / config.HeadCount) : 1;
        _scale /= config.ScaleAttentionByLayer ? layer + 1 : 1;
        c_attn = new Conv1D(context, config.HiddenSize, 3 * config.HiddenSize);
        c_proj = new Conv1D(context, config.HiddenSize, config.HiddenSize);
        RegisterComponents();
    }

    internal Tensor Forward(Tensor input, CausalMask mask)
    {
        long batch = input.shape[0];
        long length = input.shape[1];
        var parts = c_attn.Forward(input).view(batch, length, 3, _config.HeadCount, -1).permute(2, 0, 3, 1, 4);
        double dropout = _context.Dropout(_config.AttentionDropout, training);
        var attended = CausalAttention.Attend(_context, parts[0], parts[1], parts[2], mask, _scale, dropout);
        var output = c_proj.Forward(attended.transpose(1, 2).reshape(batch, length, _config.HiddenSize));
        return _context.Drop(output, _context.Dropout(_config.ResidualDropout, training));
    }
}
