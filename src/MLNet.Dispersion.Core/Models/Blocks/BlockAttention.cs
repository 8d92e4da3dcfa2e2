using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>The attention branch of a block as the spec says.</summary>
internal sealed class BlockAttention
{
    private readonly nn.Module _network;
    private readonly ForwardContext _context;
    private readonly AttentionSpec _spec;
    private readonly RotaryEmbedding? _rotary;
    private readonly double? _scale;
    private readonly ILayer? _fused;
    private readonly ILayer? _query;
    private readonly ILayer? _key;
    private readonly ILayer? _value;
    private readonly ILayer? _queryNorm;
    private readonly ILayer? _keyNorm;
    private readonly ILayer _output;

    internal BlockAttention(nn.Module network, ForwardContext context, LayerMaker layers, TransformerSpec spec, RotaryEmbedding? rotary, int layer)
    {
        (_network, _context, _spec, _rotary) = (network, context, spec.Block.Attention, rotary);
        int queries = _spec.HeadCount * _spec.HeadSize;
        int keys = _spec.KeyHeadCount * _spec.HeadSize;
        if (_spec.Storage == AttentionStorage.Separate)
        {
            _query = layers.Linear(spec.HiddenSize, queries, _spec.HasInputBias);
            _key = layers.Linear(spec.HiddenSize, keys, _spec.HasInputBias);
            _value = layers.Linear(spec.HiddenSize, keys, _spec.HasInputBias);
        }
        else
        {
            _fused = layers.Linear(spec.HiddenSize, queries + (2 * keys), _spec.HasInputBias);
        }

        _output = layers.Linear(queries, spec.HiddenSize, _spec.HasOutputBias);
        _queryNorm = _spec.HeadNorm is null ? null : LayerMaker.Norm(_spec.HeadNorm, _spec.HeadSize);
        _keyNorm = _spec.HeadNorm is null ? null : LayerMaker.Norm(_spec.HeadNorm, _spec.HeadSize);
        double? scale = _spec.Scale;
        _scale = _spec.ScalesByLayer ? (scale ?? 1 / Math.Sqrt(_spec.HeadSize)) / (layer + 1) : scale;
    }

    /// <summary>The pieces, by what they are for.</summary>
    internal IEnumerable<(WeightPart Part, object? Piece)> Pieces =>
    [
        (WeightPart.QueryKeyValue, _fused),
        (WeightPart.Query, _query),
        (WeightPart.Key, _key),
        (WeightPart.Value, _value),
        (WeightPart.QueryNorm, _queryNorm),
        (WeightPart.KeyNorm, _keyNorm),
        (WeightPart.AttentionOutput, _output),
    ];

    /// <summary>What the tokens see of each other, <c>[B, L, F]</c>.</summary>
    internal Tensor Forward(Tensor input, TransformerBlock.Surroundings around)
    {
        var (query, key, value) = _fused is null ? Separate(input) : Split(_fused.Forward(input));
        if (_rotary is not null && around.Positions is { } positions)
        {
            query = _context.Cast(_rotary.Rotate(query, positions));
            key = _context.Cast(_rotary.Rotate(key, positions));
        }

        double dropout = _context.Dropout(_spec.Dropout, _network.training);
        Tensor attended = around.Causal is { } mask
            ? CausalAttention.Attend(_context, query, key, value, mask, _scale, dropout)
            : FullAttention.Attend(_context, query, key, value, around.Allowed, dropout);
        return _output.Forward(attended.transpose(1, 2).flatten(2, 3));
    }

    private (Tensor Query, Tensor Key, Tensor Value) Separate(Tensor input) => (
        Heads(_query!.Forward(input), _spec.HeadCount, _queryNorm),
        Heads(_key!.Forward(input), _spec.KeyHeadCount, _keyNorm),
        Heads(_value!.Forward(input), _spec.KeyHeadCount, norm: null));

    /// <summary><c>[B, L, H D]</c> to <c>[B, H, L, D]</c>.</summary>
    private Tensor Heads(Tensor projected, int count, ILayer? norm)
    {
        Tensor heads = projected.view(projected.shape[0], projected.shape[1], count, _spec.HeadSize);
        return (norm is null ? heads : norm.Forward(heads)).transpose(1, 2);
    }

    private (Tensor Query, Tensor Key, Tensor Value) Split(Tensor fused)
    {
        var (batch, length, heads) = (fused.shape[0], fused.shape[1], _spec.HeadCount);
        Tensor parts = _spec.Storage == AttentionStorage.FusedByKind
            ? fused.view(batch, length, 3, heads, -1).permute(2, 0, 3, 1, 4)
            : fused.view(batch, length, heads, 3, -1).permute(3, 0, 2, 1, 4);
        return (parts[0], parts[1], parts[2]);
    }
}
