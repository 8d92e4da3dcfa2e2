using TorchSharp.Modules;

namespace MLNet.Dispersion;

/// <summary>Decides by which rule parameters are trained, which decay and which learn faster.</summary>
internal static class ParameterGroups
{
    /// <summary>An optimizer over all that is trained: matrices and embeddings decay, vectors (biases and norms) do not.</summary>
    /// <param name="parameters">What is trained of the backbone, by name.</param>
    /// <param name="head">What is trained of the head.</param>
    /// <param name="options">How.</param>
    /// <param name="headRate">What the head's learning rate is, as a multiple of the backbone's.</param>
    /// <param name="backbone">Whose parameters they are; asked where rates differ by layer.</param>
    internal static TrainingOptimizer CreateOptimizer(
        IEnumerable<(string Name, Parameter Parameter)> parameters, IReadOnlyList<Parameter> head, FineTuneOptions options, double headRate = 1, LanguageBackbone? backbone = null)
    {
        TrainingOptimizer optimizer = options.Optimizer.Kind switch
        {
            OptimizerKind.Sgd => new StochasticGradientDescent(options.Optimizer.Momentum, options.Optimizer.Nesterov),
            OptimizerKind.RmsProp => new RmsProp(),
            OptimizerKind.Adagrad => new Adagrad(),
            OptimizerKind.Adafactor => new Adafactor(),
            _ => new DecoupledAdamW(options.Beta1, options.Beta2, options.AdamEpsilon),
        };
        foreach (var (name, parameter) in parameters)
        {
            optimizer.Add(name, parameter, Decay(parameter, options), Rate(name, options, backbone));
        }

        for (int i = 0; i < head.Count; i++)
        {
            optimizer.Add(FormattableString.Invariant($"head.{i}"), head[i], Decay(head[i], options), headRate);
        }

        return optimizer;
    }

    private static double Decay(Parameter parameter, FineTuneOptions options) => parameter.dim() >= 2 ? options.WeightDecay : 0;

    private static double Rate(string name, FineTuneOptions options, LanguageBackbone? backbone) =>
        options.LayerLearningRateDecay == 1 || backbone is null ? 1 : Math.Pow(options.LayerLearningRateDecay, backbone.Info.LayerCount + 1 - backbone.RequireLayerOf(name));
}
