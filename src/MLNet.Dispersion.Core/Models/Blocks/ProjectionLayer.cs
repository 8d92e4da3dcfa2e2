using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>A linear layer, weight <c>[out, in]</c>, with or without bias, that multiplies in the backbone's number type.</summary>
internal sealed class ProjectionLayer : nn.Module, IAdaptable, ILayer
{
    private readonly ForwardContext _context;
    private readonly Parameter weight;
    private readonly Parameter? bias;

    internal ProjectionLayer(ForwardContext context, long inputs, long outputs, bool hasBias)
        : base(nameof(ProjectionLayer))
    {
        _context = context;
        weight = new Parameter(empty(outputs, inputs));
        bias = hasBias ? new Parameter(empty(outputs)) : null;
        RegisterComponents();
    }

    /// <summary>The matrix, <c>[out, in]</c>.</summary>
    public Parameter Weight => weight;

    /// <inheritdoc/>
    public bool InputsFirst => false;

    /// <inheritdoc/>
    public LowRankUpdate? Update { get; set; }

    /// <summary><c>[..., in]</c> to <c>[..., out]</c>, in the number type of products.</summary>
    public Tensor Forward(Tensor input)
    {
        Tensor narrow = _context.Cast(input);
        Tensor output = nn.functional.linear(narrow, _context.CastWeight(weight), bias is null ? null : _context.CastWeight(bias));
        return Update is null ? output : Update.AddTo(output, narrow, training);
    }
}
