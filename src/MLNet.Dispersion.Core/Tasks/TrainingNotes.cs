using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>Puts a training run into the words of a model card.</summary>
internal static class TrainingNotes
{
    /// <summary>Names what was asked for and what came of it.</summary>
    /// <param name="objective">The objective's name.</param>
    /// <param name="options">How the model was trained.</param>
    /// <param name="result">What training did.</param>
    internal static TrainingNote Of(string objective, FineTuneOptions options, FineTuneResult result) =>
        new(options.Dispersion.Coefficient > 0, [.. Settings(objective, options, result)], [.. Figures(result)]);

    private static IEnumerable<(string Name, string Value)> Settings(string objective, FineTuneOptions options, FineTuneResult result)
    {
        yield return ("objective", objective);
        yield return ("optimizer steps", Text(result.Steps));
        yield return ("tokens trained on", Text(result.TrainedTokens));
        yield return ("rows a step", Text((long)options.MicroBatchSize * options.GradientAccumulationSteps));
        yield return ("peak learning rate", Text(result.LearningRate));
        yield return ("weight decay", Text(options.WeightDecay));
        if (options.Optimizer.Kind != OptimizerKind.AdamW)
        {
            yield return ("optimizer", Text(options.Optimizer.Kind));
        }

        if (options.LayerLearningRateDecay != 1)
        {
            yield return ("learning rate of a layer, as a share of that above", Text(options.LayerLearningRateDecay));
        }

        if (options.FrozenLayers > 0)
        {
            yield return ("first layers left as they were", Text(options.FrozenLayers));
        }

        yield return ("number type of products", Text(result.ComputeType));
        yield return ("seed", options.Seed is { } seed ? Text(seed) : "none named");
        if (options.Lora is { } lora)
        {
            yield return ("LoRA rank", Text(lora.Rank));
            yield return ("LoRA alpha", Text(lora.Alpha));
        }

        foreach (var row in Dispersion(options.Dispersion))
        {
            yield return row;
        }
    }

    private static IEnumerable<(string Name, string Value)> Dispersion(DispersionOptions options)
    {
        if (options.Coefficient == 0)
        {
            yield return ("dispersion loss", "none");
            yield break;
        }

        IReadOnlyList<string> read = options.Variant.Reads();
        yield return ("dispersion loss", Text(options.Variant));
        yield return ("dispersion coefficient", Text(options.Coefficient));
        yield return ("dispersion layers", Text(options.Layers));
        yield return ("dispersion centring", Text(options.Centering));
        yield return ("dispersion, most tokens of a row", options.MaxTokens is { } most ? Text(most) : "all");
        foreach ((string name, double value) in new[]
        {
            (nameof(options.TauCos), options.TauCos), (nameof(options.TauL2), options.TauL2), (nameof(options.Margin), options.Margin), (nameof(options.Epsilon), options.Epsilon), (nameof(options.ClampThreshold), options.ClampThreshold),
        })
        {
            if (read.Contains(name))
            {
                yield return ("dispersion " + name, Text(value));
            }
        }
    }

    private static IEnumerable<(string Name, string Value)> Figures(FineTuneResult result)
    {
        if (result.History is [.., { } last])
        {
            yield return ("training loss of the last step", Text(last.TaskLoss));
        }

        if (result is { BestEpoch: { } epoch, BestValidationLoss: { } loss })
        {
            yield return ($"loss on the held-out rows (epoch {Text(epoch)}, whose weights were kept)", Text(loss));
        }

        if (result.GeometryHistory is [{ } before, .., { } after])
        {
            yield return ("mean cosine of the last hidden state, before training", Text(before.Profile.Layers[^1].MeanCosine));
            yield return ("mean cosine of the last hidden state, with these weights", Text(after.Profile.Layers[^1].MeanCosine));
        }
    }

    private static string Text(object value) => value switch
    {
        double number => number.ToString("G5", CultureInfo.InvariantCulture),
        _ => FormattableString.Invariant($"{value}"),
    };
}
