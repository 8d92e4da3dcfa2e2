namespace MLNet.Dispersion;

/// <summary>Where options lie in a search space, for samplers and tables; training takes the options themselves.</summary>
internal static class NearestPoint
{
    /// <summary>Stands for a learning rate that the options leave open: training's own for a backbone of up to 12 million parameters. Which one they are for is not known here.</summary>
    private const double SmallBackboneRate = 5e-4;

    /// <summary>The point nearest to the options. A parameter that the options say nothing of is in the middle of its range.</summary>
    internal static ParameterSet To(FineTuneOptions options, SearchSpace space) =>
        space.Parameters.Aggregate(ParameterSet.Empty, (point, parameter) => parameter.Condition?.Holds(point) == false ? point : point.With(parameter.Name, Value(options, parameter)));

    private static object Value(FineTuneOptions options, SearchParameter parameter)
    {
        object? wanted = parameter.Name switch
        {
            DispersionSearchSpace.Dispersion => options.Dispersion.Coefficient > 0,
            DispersionSearchSpace.Coefficient => options.Dispersion.Coefficient,
            DispersionSearchSpace.Layers => $"{options.Dispersion.Layers}",
            DispersionSearchSpace.Variant => $"{options.Dispersion.Variant}",
            DispersionSearchSpace.Tau => options.Dispersion.TauCos,
            DispersionSearchSpace.LearningRate => options.LearningRate ?? SmallBackboneRate,
            DispersionSearchSpace.Epochs => (long?)options.Epochs,
            DispersionSearchSpace.LoraRank => (long?)options.Lora?.Rank,
            DispersionSearchSpace.Trained => options.Lora is null ? DispersionSearchSpace.AllWeights : DispersionSearchSpace.Lora,
            _ => null,
        };
        return wanted is not null && parameter.Accepts(wanted) ? wanted : Clamped(wanted, parameter);
    }

    private static object Clamped(object? wanted, SearchParameter parameter) => (wanted, parameter) switch
    {
        (double number, UniformParameter range) => Math.Clamp(number, range.Low, range.High),
        (double number, LogUniformParameter range) => Math.Clamp(number, range.Low, range.High),
        (long number, IntegerParameter range) => (long)(range.Low + (range.Step * (int)Math.Round((Math.Clamp(number, range.Low, range.High) - range.Low) / (double)range.Step))),
        (_, UniformParameter range) => (range.Low + range.High) / 2,
        (_, LogUniformParameter range) => Math.Sqrt(range.Low) * Math.Sqrt(range.High),
        (_, IntegerParameter range) => (long)(range.Low + (range.Step * ((range.High - range.Low) / range.Step / 2))),
        (_, ChoiceParameter choice) => choice.Values[0],
        _ => throw new NotSupportedException($"The parameter '{parameter.Name}' is of an unknown kind, {parameter.GetType().Name}."),
    };
}
