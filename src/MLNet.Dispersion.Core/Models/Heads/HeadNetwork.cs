using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>The layers of a family's own head, under their names in the files: what stands on the final states of any network that a spec describes.</summary>
internal sealed class HeadNetwork : nn.Module
{
    private readonly LanguageBackbone _backbone;
    private readonly HeadSpec _spec;
    private readonly List<(HeadLayer Layer, ILayer Module)> _layers = [];
    private readonly ProjectionLayer? _output;
    private readonly bool _hasBiasApart;

    /// <summary>Makes the layers, without values.</summary>
    /// <param name="backbone">The network that it stands on; stays the caller's.</param>
    /// <param name="spec">How.</param>
    /// <param name="outputs">The numbers that it gives.</param>
    /// <param name="isTied">Whether the last layer is the token embedding.</param>
    internal HeadNetwork(LanguageBackbone backbone, HeadSpec spec, long outputs, bool isTied)
        : base(nameof(HeadNetwork))
    {
        (_backbone, _spec) = (backbone, spec);
        ForwardContext context = backbone.Context;
        long size = backbone.Info.FinalSize;
        foreach (HeadLayer layer in spec.Layers)
        {
            long next = layer.Size ?? size;
            ILayer module = layer.Norm is { } norm ? LayerMaker.Norm(norm, size) : new ProjectionLayer(context, size, next, layer.HasBias);
            _layers.Add((layer, module));
            TransformerTrunk.Place(this, layer.Name, module);
            size = layer.Norm is null ? next : size;
        }

        bool isApart = isTied || spec.BiasName is not null;
        _output = isTied ? null : new ProjectionLayer(context, size, outputs, spec.HasBias && !isApart);
        if (_output is not null)
        {
            TransformerTrunk.Place(this, spec.Output, _output);
        }

        _hasBiasApart = spec.HasBias && isApart;
        if (_hasBiasApart)
        {
            TransformerTrunk.Place(this, spec.Bias, new Parameter(empty(outputs)));
        }

        Width = size;
        Outputs = outputs;
    }

    /// <summary>The features that go into the last layer.</summary>
    internal long Width { get; }

    /// <summary>The numbers that it gives.</summary>
    internal long Outputs { get; }

    /// <summary>Whether the last layer is the token embedding.</summary>
    internal bool IsTied => _output is null;

    /// <summary>The last layer; null where it is the token embedding.</summary>
    internal ProjectionLayer? Last => _output;

    /// <summary>From what the head reads, <c>[..., F]</c>, to its numbers, <c>[..., K]</c>, float32. Call it inside a dispose scope.</summary>
    internal Tensor Forward(Tensor read)
    {
        Tensor value = read;
        foreach (var (layer, module) in _layers)
        {
            Tensor result = module.Forward(Dropped(value, layer.Dropout));
            value = layer.Activation is { } activation ? activation.Apply(result) : result;
        }

        value = Dropped(value, _spec.Dropout);
        Tensor products = _output is null ? _backbone.Tokens!.Head(value) : _output.Forward(value).to(ScalarType.Float32);
        return _hasBiasApart ? products.Plus(get_parameter(_spec.Bias)!) : products;
    }

    private Tensor Dropped(Tensor value, double probability)
    {
        ForwardContext context = _backbone.Context;
        return probability == 0 ? value : context.Drop(value, context.Dropout(probability, _backbone.training));
    }
}
