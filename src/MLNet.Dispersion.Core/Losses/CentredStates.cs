using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Takes away from hidden states what <see cref="DispersionOptions.Centering"/> and <see cref="DispersionOptions.ScaleByDeviation"/> say.</summary>
internal static class CentredStates
{
    /// <summary>The states that the loss looks at; the same tensor where nothing is to be done.</summary>
    /// <param name="states"><c>[B, L, F]</c>.</param>
    /// <param name="mask"><c>[B, L]</c>, bool; null when all tokens are real. Pads become zero and have no part in a mean.</param>
    /// <param name="options">The options.</param>
    /// <param name="moments">Those of the layer, where the options need them.</param>
    public static Tensor Of(Tensor states, Tensor? mask, DispersionOptions options, CoordinateMoments? moments)
    {
        if (options is { Centering: DispersionCentering.None, ScaleByDeviation: false })
        {
            return states;
        }

        Tensor result = mask is null ? states : states.Masked(mask.logical_not().unsqueeze(-1), 0);
        result = options.Centering switch
        {
            DispersionCentering.Sequence => result - MeanToken(result, mask),
            DispersionCentering.Running => result - moments!.Mean.to(states.dtype),
            _ => result,
        };
        return options.ScaleByDeviation ? result / moments!.Deviation.Masked(moments.Deviation.Is(0), 1).to(states.dtype) : result;
    }

    private static Tensor MeanToken(Tensor states, Tensor? mask)
    {
        if (mask is null)
        {
            return states.mean([1], keepdim: true);
        }

        Tensor counts = mask.sum(1, keepdim: true, type: states.dtype).AtLeast(1).unsqueeze(-1);
        return states.sum(1, keepdim: true) / counts;
    }
}
