namespace MLNet.Dispersion.Models;

/// <summary>Makes the layers that a spec asks for.</summary>
/// <param name="context">The network's.</param>
/// <param name="inputsFirst">Whether linear layers store their weights <c>[in, out]</c>.</param>
internal sealed class LayerMaker(ForwardContext context, bool inputsFirst)
{
    internal ILayer Linear(long inputs, long outputs, bool hasBias) => inputsFirst
        ? new Conv1D(context, inputs, outputs, hasBias)
        : new ProjectionLayer(context, inputs, outputs, hasBias);

    internal static ILayer Norm(NormSpec spec, long features) => spec.Kind switch
    {
        NormKind.Layer => new NormLayer(features, spec.Epsilon),
        NormKind.RootMeanSquare => new RmsNorm(features, spec.Epsilon),
        _ => throw new NotSupportedException($"No norm is of the kind {spec.Kind}."),
    };
}
