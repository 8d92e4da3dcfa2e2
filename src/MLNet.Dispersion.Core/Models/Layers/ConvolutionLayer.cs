using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>A convolution over the tokens of each row, that multiplies in the backbone's number type.</summary>
internal sealed class ConvolutionLayer : nn.Module
{
    private readonly ForwardContext _context;
    private readonly ConvolutionSpec _spec;
    private readonly Parameter weight;
    private readonly Parameter bias;

    internal ConvolutionLayer(ForwardContext context, ConvolutionSpec spec, long features)
        : base(nameof(ConvolutionLayer))
    {
        (_context, _spec) = (context, spec);
        weight = new Parameter(empty(features, features / spec.Groups, spec.Width));
        bias = new Parameter(empty(features));
        RegisterComponents();
    }

    /// <summary><c>[B, L, F]</c> to the same, in the number type of products; beyond the ends all is zero.</summary>
    internal Tensor Forward(Tensor input) => nn.functional.conv1d(
        _context.Cast(input).transpose(1, 2), _context.CastWeight(weight), _context.CastWeight(bias), padding: _spec.Width / 2, groups: _spec.Groups).transpose(1, 2);
}
