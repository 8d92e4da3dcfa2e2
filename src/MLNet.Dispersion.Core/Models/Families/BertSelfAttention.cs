using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>Attention in both directions.</summary>
internal sealed class BertSelfAttention : nn.Module
{
    private readonly ForwardContext _context;
    private readonly BertConfig _config;
    private readonly ProjectionLayer query;
    private readonly ProjectionLayer key;
    private readonly ProjectionLayer value;

    internal BertSelfAttention(ForwardContext context, BertConfig config)
        : base(nameof(BertSelfAttention))
    {
        _context = context;
        _config = config;
        query = new ProjectionLayer(context, config.HiddenSize, config.HiddenSize, hasBias: true);
        key = new ProjectionLayer(context, config.HiddenSize, config.HiddenSize, hasBias: true);
        value = new ProjectionLayer(context, config.HiddenSize, config.HiddenSize, hasBias: true);
        RegisterComponents();
    }

    internal Tensor Forward(Tensor input, Tensor? allowed)
    {
        double dropout = _context.Dropout(_config.AttentionDropout, training);
        Tensor attended = FullAttention.Attend(_context, Heads(query, input), Heads(key, input), Heads(value, input), allowed, dropout);
        return attended.transpose(1, 2).reshape(input.shape);
    }

    /// <summary><c>[B, L, F]</c> to <c>[B, H, L, D]</c>.</summary>
    private Tensor Heads(ProjectionLayer projection, Tensor input) =>
        projection.Forward(input).view(input.shape[0], input.shape[1], _config.HeadCount, -1).transpose(1, 2);
}
