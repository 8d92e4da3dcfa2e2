using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>One block as the spec says: attention and perceptron, with their norms and residuals.</summary>
/// <remarks>Its pieces are modules of the network, which owns them; the block is the way through them.</remarks>
internal sealed class TransformerBlock
{
    private readonly nn.Module _network;
    private readonly ForwardContext _context;
    private readonly BlockSpec _spec;
    private readonly BlockAttention _attention;
    private readonly ILayer _attentionNorm;
    private readonly ILayer _mlpNorm;
    private readonly ILayer _up;
    private readonly ILayer? _gate;
    private readonly ILayer _down;

    /// <summary>Makes the pieces.</summary>
    /// <param name="network">Says whether it is being trained.</param>
    /// <param name="context">The network's.</param>
    /// <param name="architecture">How.</param>
    /// <param name="rotary">The network's rotary positions; null where it has none.</param>
    /// <param name="layer">The block's number, from 0.</param>
    internal TransformerBlock(nn.Module network, ForwardContext context, Architecture architecture, RotaryEmbedding? rotary, int layer)
    {
        TransformerSpec spec = architecture.Spec;
        (_network, _context, _spec) = (network, context, spec.Block);
        var layers = new LayerMaker(context, architecture.Names.InputsFirst);
        _attention = new BlockAttention(network, context, layers, spec, rotary, layer);
        _attentionNorm = LayerMaker.Norm(_spec.Norm, spec.HiddenSize);
        _mlpNorm = LayerMaker.Norm(_spec.Norm, spec.HiddenSize);
        MlpSpec mlp = _spec.Mlp;
        _up = layers.Linear(spec.HiddenSize, mlp.InnerSize, mlp.HasBias);
        _gate = mlp.IsGated ? layers.Linear(spec.HiddenSize, mlp.InnerSize, mlp.HasBias) : null;
        _down = layers.Linear(mlp.InnerSize, spec.HiddenSize, mlp.HasBias);
    }

    /// <summary>The pieces, by what they are for.</summary>
    internal IEnumerable<(WeightPart Part, object? Piece)> Pieces =>
    [
        (WeightPart.AttentionNorm, _attentionNorm),
        .. _attention.Pieces,
        (WeightPart.MlpNorm, _mlpNorm),
        (WeightPart.MlpUp, _up),
        (WeightPart.MlpGate, _gate),
        (WeightPart.MlpDown, _down),
    ];

    /// <summary>One hidden state to the next, <c>[B, L, F]</c>.</summary>
    internal Tensor Forward(Tensor input, Surroundings around)
    {
        switch (_spec.Order)
        {
            case BlockOrder.NormFirst:
                Tensor middle = input.Plus(Branch(_attention.Forward(_attentionNorm.Forward(input), around)));
                return middle.Plus(Branch(Perceptron(_mlpNorm.Forward(middle))));
            case BlockOrder.Parallel:
                Tensor attended = input.Plus(Branch(_attention.Forward(_attentionNorm.Forward(input), around)));
                return attended.Plus(Branch(Perceptron(_mlpNorm.Forward(input))));
            case BlockOrder.NormLast:
                Tensor normed = _attentionNorm.Forward(input.Plus(Branch(_attention.Forward(input, around))));
                return _mlpNorm.Forward(normed.Plus(Branch(Perceptron(normed))));
            default:
                throw new NotSupportedException($"No block is put together as {_spec.Order}.");
        }
    }

    private Tensor Perceptron(Tensor input) => _down.Forward(_gate is null
        ? Activate(_up.Forward(input))
        : Activate(_gate.Forward(input)).mul(_up.Forward(input)));

    private Tensor Activate(Tensor inner) => _spec.Mlp.Activation switch
    {
        Activation.Gelu => nn.functional.gelu(inner),
        Activation.TanhGelu => TanhGelu.Of(inner),
        Activation.Silu => nn.functional.silu(inner),
        _ => throw new NotSupportedException($"No perceptron has the activation {_spec.Mlp.Activation}."),
    };

    /// <summary>What is added to the residual.</summary>
    private Tensor Branch(Tensor output)
    {
        Tensor dropped = _spec.Dropout is { } dropout ? _context.Drop(output, _context.Dropout(dropout, _network.training)) : output;
        return _spec.BranchScale == 1 ? dropped : dropped.Times(_spec.BranchScale);
    }

    /// <summary>What a pass over a batch gives every block beside the state.</summary>
    /// <param name="Causal">Who may look at whom, in a decoder.</param>
    /// <param name="Allowed">Which tokens may be looked at, <c>[B, 1, 1, L]</c>, bool, in an encoder; null when all may.</param>
    /// <param name="Positions">Rotary tables; null where the network has none.</param>
    internal sealed record Surroundings(CausalMask? Causal, Tensor? Allowed, (Tensor Cosine, Tensor Sine)? Positions);
}
