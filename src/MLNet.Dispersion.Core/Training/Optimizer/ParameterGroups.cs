using TorchSharp.Modules;

namespace MLNet.Dispersion;

/// <summary>Decides which parameters decay and which learn faster.</summary>
internal static class ParameterGroups
{
    /// <summary>An optimizer over all that is trained: matrices and embeddings decay, vectors (biases and norms) do not.</summary>
    internal static DecoupledAdamW CreateOptimizer(IEnumerable<(string Name, Parameter Parameter)> backbone, IReadOnlyList<Parameter> head, FineTuneOptions options)
    {
        var optimizer = new DecoupledAdamW(options.Beta1, options.Beta2, options.AdamEpsilon);
        foreach (var (name, parameter) in backbone)
        {
            optimizer.Add(name, parameter, Decay(parameter, options));
        }

        for (int i = 0; i < head.Count; i++)
        {
            optimizer.Add(FormattableString.Invariant($"head.{i}"), head[i], Decay(head[i], options), options.HeadLearningRateMultiplier);
        }

        return optimizer;
    }

    private static double Decay(Parameter parameter, FineTuneOptions options) => parameter.dim() >= 2 ? options.WeightDecay : 0;
}
