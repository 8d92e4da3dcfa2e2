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
    private readonly FeatureNorm? _attentionNorm;
    private readonly FeatureNorm? _attentionOutputNorm;
    private readonly FeatureNorm? _mlpNorm;
    private readonly FeatureNorm? _mlpOutputNorm;
    private readonly ILayer? _up;
    private readonly ILayer? _gate;
    private readonly ILayer? _gateUp;
    private readonly ILayer _down;

    /// <summary>Makes the pieces.</summary>
    /// <param name="network">Says whether it is being trained.</param>
    /// <param name="context">The network's.</param>
    /// <param name="architecture">How.</param>
    /// <param name="shared">What all blocks share.</param>
    /// <param name="block">The block's number, from 0.</param>
    internal TransformerBlock(nn.Module network, ForwardContext context, Architecture architecture, SharedPieces shared, int block)
    {
        TransformerSpec spec = architecture.Spec;
        (_network, _context, _spec) = (network, context, spec.BlockOf(block));
        var layers = new LayerMaker(context, architecture.Names.InputsFirst);
        int features = spec.HiddenSize;
        _attention = new BlockAttention(network, context, layers, _spec.Attention, features, shared, block);
        BlockOrder order = _spec.Order;
        _attentionNorm = order == BlockOrder.NormBranches || _spec.SkipsAttentionNorm ? null : Norm(features);
        _mlpNorm = order is BlockOrder.NormBranches or BlockOrder.ParallelOneNorm ? null : Norm(features);
        bool hasOutputNorms = order is BlockOrder.NormBranches or BlockOrder.NormAround;
        _attentionOutputNorm = hasOutputNorms ? Norm(features) : null;
        _mlpOutputNorm = hasOutputNorms ? Norm(features) : null;
        MlpSpec mlp = _spec.Mlp;
        if (mlp.IsFused)
        {
            _gateUp = layers.Linear(features, 2 * mlp.InnerSize, mlp.HasBias);
        }
        else
        {
            _up = layers.Linear(features, mlp.InnerSize, mlp.HasBias);
            _gate = mlp.IsGated ? layers.Linear(features, mlp.InnerSize, mlp.HasBias) : null;
        }

        _down = layers.Linear(mlp.InnerSize, features, mlp.HasBias);
    }

    /// <summary>The pieces, by what they are for.</summary>
    internal IEnumerable<(WeightPart Part, object? Piece)> Pieces =>
    [
        (WeightPart.AttentionNorm, _attentionNorm),
        .. _attention.Pieces,
        (WeightPart.AttentionOutputNorm, _attentionOutputNorm),
        (WeightPart.MlpNorm, _mlpNorm),
        (WeightPart.MlpUp, _up),
        (WeightPart.MlpGate, _gate),
        (WeightPart.MlpGateUp, _gateUp),
        (WeightPart.MlpDown, _down),
        (WeightPart.MlpOutputNorm, _mlpOutputNorm),
    ];

    /// <summary>One hidden state to the next, <c>[B, L, F]</c>.</summary>
    internal Tensor Forward(Tensor input, Surroundings around)
    {
        switch (_spec.Order)
        {
            case BlockOrder.NormFirst:
                Tensor middle = input.Plus(Branch(_attention.Forward(_attentionNorm is null ? input : _attentionNorm.Forward(input), around)));
                return middle.Plus(Branch(Perceptron(_mlpNorm!.Forward(middle))));
            case BlockOrder.Parallel:
                Tensor attended = input.Plus(Branch(_attention.Forward(_attentionNorm!.Forward(input), around)));
                return attended.Plus(Branch(Perceptron(_mlpNorm!.Forward(input))));
            case BlockOrder.ParallelOneNorm:
                Tensor read = _attentionNorm!.Forward(input);
                return input.Plus(Branch(_attention.Forward(read, around))).Plus(Branch(Perceptron(read)));
            case BlockOrder.NormLast:
                Tensor normed = _attentionNorm!.Forward(input.Plus(Branch(_attention.Forward(input, around))));
                return _mlpNorm!.Forward(normed.Plus(Branch(Perceptron(normed))));
            case BlockOrder.NormBranches:
                Tensor seen = input.Plus(Branch(_attentionOutputNorm!.Forward(_attention.Forward(input, around))));
                return seen.Plus(Branch(_mlpOutputNorm!.Forward(Perceptron(seen))));
            case BlockOrder.NormAround:
                Tensor between = input.Plus(Branch(_attentionOutputNorm!.Forward(_attention.Forward(_attentionNorm!.Forward(input), around))));
                return between.Plus(Branch(_mlpOutputNorm!.Forward(Perceptron(_mlpNorm!.Forward(between)))));
            case BlockOrder.NormedResidual:
                Tensor residual = _attentionNorm!.Forward(input);
                Tensor second = _mlpNorm!.Forward(residual.Plus(Branch(_attention.Forward(residual, around))));
                return second.Plus(Branch(Perceptron(second)));
            default:
                throw new NotSupportedException($"No block is put together as {_spec.Order}.");
        }
    }

    private FeatureNorm Norm(int features) => LayerMaker.Norm(_spec.Norm, features);

    private Tensor Perceptron(Tensor input)
    {
        Activation activation = _spec.Mlp.Activation;
        if (_gateUp is not null)
        {
            Tensor both = _gateUp.Forward(input);
            long inner = _spec.Mlp.InnerSize;
            return _down.Forward(activation.Apply(both.narrow(-1, 0, inner)).mul(both.narrow(-1, inner, inner)));
        }

        return _down.Forward(_gate is null ? activation.Apply(_up!.Forward(input)) : activation.Apply(_gate.Forward(input)).mul(_up!.Forward(input)));
    }

    /// <summary>What is added to the residual.</summary>
    private Tensor Branch(Tensor output)
    {
        Tensor dropped = _spec.Dropout is { } dropout ? _context.Drop(output, _context.Dropout(dropout, _network.training)) : output;
        return _spec.BranchScale == 1 ? dropped : dropped.Times(_spec.BranchScale);
    }
}
