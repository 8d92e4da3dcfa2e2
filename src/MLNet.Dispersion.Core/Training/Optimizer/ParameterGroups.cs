using TorchSharp.Modules;

namespace MLNet.Dispersion;

/// <summary>Decides which parameters decay and which learn faster.</summary>
internal static class ParameterGroups
{
    /// <summary>An optimizer over all that is trained: matrices and embeddings decay, vectors (biases and norms) do not.</summary>
    /// <param name="backbone">What is trained of the backbone, by name.</param>
    /// <param name="head">What is trained of the head.</param>
    /// <param name="options">How.</param>
    /// <param name="headRate">What the head's learning rate is, as a multiple of the backbone's.</param>
    internal static DecoupledAdamW CreateOptimizer(IEnumerable<(string Name, Parameter Parameter)> backbone, IReadOnlyList<Parameter> head, FineTuneOptions options, double headRate = 1)
    {
        var optimizer = new DecoupledAdamW(options.Beta1, options.Beta2, options.AdamEpsilon);
        foreach (var (name, parameter) in backbone)
        {
            optimizer.Add(name, parameter, Decay(parameter, options));
        }

        for (int i = 0; i < head.Count; i++)
        {
            optimizer.Add(FormattableString.Invariant($"head.{i}"), head[i], Decay(head[i], options), headRate);
        }

        return optimizer;
    }

    private static double Decay(Parameter parameter, FineTuneOptions options) => parameter.dim() >= 2 ? options.WeightDecay : 0;
}
