using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>GPT-2's linear layer, whose weight is stored <c>[in, out]</c>.</summary>
internal sealed class Conv1D : nn.Module, IAdaptable, ILayer
{
    private readonly ForwardContext _context;
    private readonly Parameter weight;
    private readonly Parameter? bias;

    internal Conv1D(ForwardContext context, long inputs, long outputs, bool hasBias = true)
        : base(nameof(Conv1D))
    {
        _context = context;
        weight = new Parameter(empty(inputs, outputs));
        bias = hasBias ? new Parameter(empty(outputs)) : null;
        RegisterComponents();
    }

    /// <inheritdoc/>
    public Parameter Weight => weight;

    /// <inheritdoc/>
    public bool InputsFirst => true;

    /// <inheritdoc/>
    public LowRankUpdate? Update { get; set; }

    /// <summary><c>[..., in]</c> to <c>[..., out]</c>, in the number type of products.</summary>
    public Tensor Forward(Tensor input)
    {
        Tensor narrow = _context.Cast(input);
        Tensor output = nn.functional.linear(narrow, _context.CastWeight(weight).t(), bias is null ? null : _context.CastWeight(bias));
        return Update is null ? output : Update.AddTo(output, narrow, training);
    }
}
