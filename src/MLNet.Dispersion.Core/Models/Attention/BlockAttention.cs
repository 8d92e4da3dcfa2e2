using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>The attention branch of a block as the spec says.</summary>
internal sealed class BlockAttention
{
    private readonly nn.Module _network;
    private readonly ForwardContext _context;
    private readonly AttentionSpec _spec;
    private readonly RotaryEmbedding? _rotary;
    private readonly RelativeTable? _relative;
    private readonly DisentangledScores? _disentangled;
    private readonly double? _scale;
    private readonly ILayer? _fused;
    private readonly Parameter? _queryBias;
    private readonly Parameter? _valueBias;
    private readonly ILayer? _query;
    private readonly ILayer? _key;
    private readonly ILayer? _value;
    private readonly ILayer? _queryNorm;
    private readonly ILayer? _keyNorm;
    private readonly ILayer _output;

    /// <summary>Makes the pieces.</summary>
    /// <param name="network">Says whether it is being trained.</param>
    /// <param name="context">The network's.</param>
    /// <param name="layers">Makes them.</param>
    /// <param name="spec">How.</param>
    /// <param name="features">Of a hidden state (F).</param>
    /// <param name="shared">What all blocks share.</param>
    /// <param name="block">The block's number, from 0.</param>
    internal BlockAttention(nn.Module network, ForwardContext context, LayerMaker layers, AttentionSpec spec, int features, SharedPieces shared, int block)
    {
        (_network, _context, _spec, _relative) = (network, context, spec, shared.Relative);
        _rotary = spec.Rotary is null ? null : shared.Rotaries[spec.Rotary];
        int queries = _spec.HeadCount * _spec.HeadSize;
        int keys = _spec.KeyHeadCount * _spec.HeadSize;
        bool isApart = _spec.Storage == AttentionStorage.FusedByHeadApartBiases;
        if (_spec.Storage == AttentionStorage.Separate)
        {
            _query = layers.Linear(features, queries, _spec.HasInputBias);
            _key = layers.Linear(features, keys, _spec.HasInputBias);
            _value = layers.Linear(features, keys, _spec.HasInputBias);
        }
        else
        {
            _fused = layers.Linear(features, queries + (2 * keys), _spec.HasInputBias && !isApart);
        }

        _queryBias = isApart && _spec.HasInputBias ? new Parameter(empty(queries)) : null;
        _valueBias = isApart && _spec.HasInputBias ? new Parameter(empty(keys)) : null;
        _disentangled = _relative is not null && spec.Relative is DisentangledSpec disentangled
            ? new DisentangledScores(_relative, disentangled, layers, features, _spec.HeadCount, queries)
            : null;
        _output = layers.Linear(queries, features, _spec.HasOutputBias);
        _queryNorm = HeadNorm(_spec.HeadCount);
        _keyNorm = HeadNorm(_spec.KeyHeadCount);
        double? scale = _spec.Scale;
        _scale = _spec.ScalesByLayer ? (scale ?? 1 / Math.Sqrt(_spec.HeadSize)) / (block + 1) : scale;
    }

    /// <summary>The pieces, by what they are for.</summary>
    internal IEnumerable<(WeightPart Part, object? Piece)> Pieces =>
    [
        (WeightPart.QueryKeyValue, _fused),
        (WeightPart.QueryBias, _queryBias),
        (WeightPart.ValueBias, _valueBias),
        (WeightPart.Query, _query),
        (WeightPart.Key, _key),
        (WeightPart.Value, _value),
        (WeightPart.PositionKey, _disentangled?.Key),
        (WeightPart.PositionQuery, _disentangled?.Query),
        (WeightPart.QueryNorm, _queryNorm),
        (WeightPart.KeyNorm, _keyNorm),
        (WeightPart.AttentionOutput, _output),
    ];

    /// <summary>What the tokens see of each other, <c>[B, L, F]</c>.</summary>
    internal Tensor Forward(Tensor input, Surroundings around)
    {
        var (query, key, value) = _fused is null ? Separate(input) : Split(_fused.Forward(input));
        if (_rotary is not null)
        {
            var tables = around.Rotations[_rotary];
            (query, key) = (_rotary.Rotate(query, tables), _rotary.Rotate(key, tables));
        }

        (query, key, value) = (_context.Cast(query), _context.Cast(key), _context.Cast(value));
        return _output.Forward(Attend(query, key, value, around).transpose(1, 2).flatten(2, 3));
    }

    private Tensor Attend(Tensor query, Tensor key, Tensor value, Surroundings around)
    {
        TokenView view = around.View;
        double dropout = _context.Dropout(_spec.Dropout, _network.training);
        var (keys, values) = view.Pass?.Append(key, value) ?? (key, value);
        Tensor? window = view.Within(_spec.Window);
        bool isSimple = view.IsPlain && window is null && _spec is { ScoreCap: null, Alibi: null, Relative: null };
        if (isSimple && view.Causal is { } mask)
        {
            return CausalAttention.Attend(_context, query, key, value, mask, _scale, dropout);
        }

        if (isSimple && _scale is null && _spec.KeyHeadCount == _spec.HeadCount)
        {
            return FullAttention.Attend(_context, query, key, value, view.Allowed, dropout);
        }

        double scale = _scale ?? 1 / Math.Sqrt(_spec.HeadSize);
        Tensor? allowed = window ?? view.Allowed ?? (view.Causal is null ? null : CausalMask.Triangle(view.Columns, view.Device));
        return ScoredAttention.Attend(_context, query, keys, values, new ScoreRules(scale, _spec.ScoreCap, Bias(query, key, around, scale), allowed), dropout);
    }

    private Tensor? Bias(Tensor query, Tensor key, Surroundings around, double scale)
    {
        if (_spec.Alibi is { } alibi)
        {
            return around.Slopes[alibi];
        }

        return _disentangled is not null
            ? _disentangled.Of(query, key, _query, _key, around.View, scale, _network.training)
            : _relative?.Numbers(around.View);
    }

    private ILayer? HeadNorm(int heads) => (_spec.HeadNorm, _spec.HeadNormScope) switch
    {
        (null, _) => null,
        ({ } norm, HeadNormScope.Head) => LayerMaker.Norm(norm, _spec.HeadSize),
        ({ } norm, HeadNormScope.EachHead) => LayerMaker.Norm(norm, heads, _spec.HeadSize),
        ({ } norm, HeadNormScope.EachHeadApart) => new ApartNorms(norm, heads, _spec.HeadSize),
        ({ } norm, HeadNormScope.Row) => LayerMaker.Norm(norm, heads * _spec.HeadSize),
        _ => throw new NotSupportedException($"No norm of heads has the scope {_spec.HeadNormScope}."),
    };

    private (Tensor Query, Tensor Key, Tensor Value) Separate(Tensor input) => (
        Heads(_query!.Forward(input), _spec.HeadCount, _queryNorm),
        Heads(_key!.Forward(input), _spec.KeyHeadCount, _keyNorm),
        Heads(_value!.Forward(input), _spec.KeyHeadCount, norm: null));

    /// <summary><c>[B, L, H D]</c> to <c>[B, H, L, D]</c>.</summary>
    private Tensor Heads(Tensor projected, int count, ILayer? norm)
    {
        Tensor limited = Limited(projected);
        if (norm is not null && _spec.HeadNormScope == HeadNormScope.Row)
        {
            (limited, norm) = (norm.Forward(limited), null);
        }

        Tensor heads = limited.view(limited.shape[0], limited.shape[1], count, _spec.HeadSize);
        return (norm is null ? heads : norm.Forward(heads)).transpose(1, 2);
    }

    private (Tensor Query, Tensor Key, Tensor Value) Split(Tensor fused)
    {
        var (batch, length, heads, keyHeads, size) = (fused.shape[0], fused.shape[1], (long)_spec.HeadCount, (long)_spec.KeyHeadCount, (long)_spec.HeadSize);
        bool isByKind = _spec.Storage == AttentionStorage.FusedByKind;
        if (keyHeads == heads && _queryNorm is null && _spec.InputLimit is null)
        {
            Tensor parts = isByKind ? fused.view(batch, length, 3, heads, -1).permute(2, 0, 3, 1, 4) : fused.view(batch, length, heads, 3, -1).permute(3, 0, 2, 1, 4);
            return (Biased(parts[0], _queryBias), parts[1], Biased(parts[2], _valueBias));
        }

        Tensor query, key, value;
        if (isByKind)
        {
            (query, key, value) = (fused.narrow(2, 0, heads * size), fused.narrow(2, heads * size, keyHeads * size), fused.narrow(2, (heads + keyHeads) * size, keyHeads * size));
        }
        else
        {
            long group = heads / keyHeads;
            Tensor groups = fused.view(batch, length, keyHeads, group + 2, size);
            query = groups.narrow(3, 0, group).flatten(2, 4);
            key = groups.select(3, group).flatten(2, 3);
            value = groups.select(3, group + 1).flatten(2, 3);
        }

        return (
            Biased(Heads(query, _spec.HeadCount, _queryNorm), _queryBias),
            Heads(key, _spec.KeyHeadCount, _keyNorm),
            Biased(Heads(value, _spec.KeyHeadCount, norm: null), _valueBias));
    }

    /// <summary>Adds a bias <c>[H D]</c> that stands apart to heads <c>[B, H, L, D]</c>.</summary>
    private Tensor Biased(Tensor heads, Parameter? bias) => bias is null ? heads : heads.Plus(_context.CastWeight(bias).view(1, heads.shape[1], 1, -1));

    private Tensor Limited(Tensor projected) => _spec.InputLimit is { } limit ? projected.Clamped(-limit, limit) : projected;
}

/// <summary>What all blocks of a network share.</summary>
/// <param name="Rotaries">Each kind of rotary positions.</param>
/// <param name="Relative">The table of relative positions; null for none.</param>
internal sealed record SharedPieces(IReadOnlyDictionary<RotarySpec, RotaryEmbedding> Rotaries, RelativeTable? Relative);
