using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>Self-attention with one projection (query, key and value side by side within each head) and partly rotary positions.</summary>
internal sealed class GptNeoXAttention : nn.Module
{
    private readonly ForwardContext _context;
    private readonly GptNeoXConfig _config;
    private readonly RotaryEmbedding _rotary;
    private readonly ProjectionLayer query_key_value;
    private readonly ProjectionLayer dense;

    internal GptNeoXAttention(ForwardContext context, GptNeoXConfig config, RotaryEmbedding rotary)
        : base(nameof(GptNeoXAttention))
    {
        _context = context;
        _config = config;
        _rotary = rotary;
        query_key_value = new ProjectionLayer(context, config.HiddenSize, 3 * config.HiddenSize, config.AttentionBias);
        dense = new ProjectionLayer(context, config.HiddenSize, config.HiddenSize, config.AttentionBias);
        RegisterComponents();
    }

    internal Tensor Forward(Tensor input, CausalMask mask, (Tensor Cosine, Tensor Sine) positions)
    {
        var parts = query_key_value.Forward(input).view(input.shape[0], input.shape[1], _config.HeadCount, 3, -1).permute(3, 0, 2, 1, 4);
        var query = _context.Cast(_rotary.Rotate(parts[0], positions));
        var key = _context.Cast(_rotary.Rotate(parts[1], positions));
        double dropout = _context.Dropout(_config.AttentionDropout, training);
        var attended = CausalAttention.Attend(_context, query, key, parts[2], mask, dropout: dropout);
        return dense.Forward(attended.transpose(1, 2).flatten(2, 3));
    }
}
