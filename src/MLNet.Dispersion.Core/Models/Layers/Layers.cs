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

    /// <summary>Gets the matrix, <c>[out, in]</c>.</summary>
    public Parameter Weight => weight;

    /// <inheritdoc/>
    public Parameter? Bias => bias;

    /// <inheritdoc/>
    public bool InputsFirst => false;

    /// <inheritdoc/>
    public LowRankUpdate? Update { get; set; }

    /// <summary><c>[..., in]</c> to <c>[..., out]</c>, in the number type of products.</summary>
    public Tensor Forward(Tensor input)
    {
        Tensor narrow = _context.Cast(input);
        Tensor output = _context.Linear(narrow, weight, bias);
        return Update is null ? output : Update.AddTo(output, narrow, training);
    }
}

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
    public Parameter? Bias => bias;

    /// <inheritdoc/>
    public bool InputsFirst => true;

    /// <inheritdoc/>
    public LowRankUpdate? Update { get; set; }

    /// <summary><c>[..., in]</c> to <c>[..., out]</c>, in the number type of products.</summary>
    public Tensor Forward(Tensor input)
    {
        Tensor narrow = _context.Cast(input);
        Tensor output = _context.Linear(narrow, weight, bias, isInputsFirst: true);
        return Update is null ? output : Update.AddTo(output, narrow, training);
    }
}

/// <summary>A linear layer or a norm: what works on the last dimension alone.</summary>
internal interface ILayer
{
    /// <summary><c>[..., in]</c> to <c>[..., out]</c>.</summary>
    Tensor Forward(Tensor input);
}

/// <summary>Makes the layers that a spec asks for.</summary>
/// <param name="context">The network's.</param>
/// <param name="inputsFirst">Whether linear layers store their weights <c>[in, out]</c>.</param>
internal sealed class LayerMaker(ForwardContext context, bool inputsFirst)
{
    internal ILayer Linear(long inputs, long outputs, bool hasBias) => inputsFirst
        ? new Conv1D(context, inputs, outputs, hasBias)
        : new ProjectionLayer(context, inputs, outputs, hasBias);

    internal static FeatureNorm Norm(NormSpec spec, params long[] shape) => spec.Kind switch
    {
        NormKind.Layer => new NormLayer(spec, shape),
        NormKind.RootMeanSquare => new RmsNorm(spec, shape),
        _ => throw new NotSupportedException($"No norm is of the kind {spec.Kind}."),
    };
}
