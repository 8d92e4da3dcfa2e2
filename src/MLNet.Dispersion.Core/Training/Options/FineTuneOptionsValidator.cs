namespace MLNet.Dispersion;

/// <summary>The ranges of <see cref="FineTuneOptions"/>.</summary>
internal static class FineTuneOptionsValidator
{
    internal static void Validate(FineTuneOptions o)
    {
        ArgumentNullException.ThrowIfNull(o.Dispersion, nameof(FineTuneOptions.Dispersion));
        o.Dispersion.Validate();
        o.Lora?.Validate();
        Check(!o.HeadOnly || o.Lora is null, o.HeadOnly, nameof(o.HeadOnly), "false where FineTuneOptions.Lora is set: choose one of them");
        Check(!o.HeadOnly || o.Distillation is null, o.HeadOnly, nameof(o.HeadOnly), "false where FineTuneOptions.Distillation is set, which is of use to the backbone");
        Check(o.Epochs >= 1, o.Epochs, nameof(o.Epochs), "at least 1");
        Check(o.MaxSteps is null or >= 1, o.MaxSteps, nameof(o.MaxSteps), "at least 1, or null for no limit");
        Check(o.Epochs != FineTuneOptions.NoEpochLimit || o.MaxSteps is not null, "null", nameof(o.MaxSteps), "set where Epochs is NoEpochLimit");
        Check(o.MicroBatchSize >= 1, o.MicroBatchSize, nameof(o.MicroBatchSize), "at least 1");
        Check(o.GradientAccumulationSteps >= 1, o.GradientAccumulationSteps, nameof(o.GradientAccumulationSteps), "at least 1");
        Check(o.MaxSequenceLength is null or >= 2, o.MaxSequenceLength, nameof(o.MaxSequenceLength), "at least 2, or null for the backbone's context length");
        CheckPositive(o.LearningRate ?? 1, nameof(o.LearningRate));
        CheckPositive(o.HeadLearningRateMultiplier, nameof(o.HeadLearningRateMultiplier));
        Check(o.WarmupRatio is >= 0 and <= 1, o.WarmupRatio, nameof(o.WarmupRatio), "from 0 to 1");
        Check(o.WeightDecay >= 0 && double.IsFinite(o.WeightDecay), o.WeightDecay, nameof(o.WeightDecay), "a finite number of at least 0");
        Check(o.Beta1 is >= 0 and < 1, o.Beta1, nameof(o.Beta1), "at least 0 and below 1");
        Check(o.Beta2 is >= 0 and < 1, o.Beta2, nameof(o.Beta2), "at least 0 and below 1");
        CheckPositive(o.AdamEpsilon, nameof(o.AdamEpsilon));
        Check(o.MaxGradNorm is null or > 0, o.MaxGradNorm, nameof(o.MaxGradNorm), "above 0, or null for no clipping");
        Check(o.Dropout is null or (>= 0 and < 1), o.Dropout, nameof(o.Dropout), "at least 0 and below 1, or null for the checkpoint's own");
        Check(o.NeftuneAlpha >= 0 && double.IsFinite(o.NeftuneAlpha), o.NeftuneAlpha, nameof(o.NeftuneAlpha), "a finite number of at least 0 (0 adds no noise)");
        ValidateForgetting(o.ActiveForgetting);
        ValidateDistillation(o.Distillation);
        Check(o.ValidationFraction is >= 0 and <= 0.5, o.ValidationFraction, nameof(o.ValidationFraction), "from 0 to 0.5");
        Check(o.EarlyStoppingPatience is null or >= 1, o.EarlyStoppingPatience, nameof(o.EarlyStoppingPatience), "at least 1, or null to never stop early");
        Check(Enum.IsDefined(o.Precision), o.Precision, nameof(o.Precision), "one of " + string.Join(", ", Enum.GetNames<Precision>()));
        Check(Enum.IsDefined(o.ScoringPrecision), o.ScoringPrecision, nameof(o.ScoringPrecision), "one of " + string.Join(", ", Enum.GetNames<Precision>()));
        ArgumentException.ThrowIfNullOrWhiteSpace(o.Device, nameof(FineTuneOptions.Device));
        if (o.Checkpoints is { } checkpoints)
        {
            ValidateCheckpoints(checkpoints);
        }

        if (o.GeometryProbe is { } probe)
        {
            ValidateProbe(probe);
        }
    }

    private static void ValidateForgetting(ActiveForgettingOptions? forgetting)
    {
        const string prefix = nameof(FineTuneOptions.ActiveForgetting) + ".";
        Check(forgetting is null or { EverySteps: >= 1 }, forgetting?.EverySteps, prefix + nameof(forgetting.EverySteps), "at least 1");
        Check(forgetting is null or { ActiveShare: > 0 and < 1 }, forgetting?.ActiveShare, prefix + nameof(forgetting.ActiveShare), "above 0 and below 1");
    }

    private static void ValidateDistillation(DistillationOptions? distillation)
    {
        if (distillation is not { } d)
        {
            return;
        }

        const string prefix = nameof(FineTuneOptions.Distillation) + ".";
        CheckPositive(d.Temperature, prefix + nameof(d.Temperature));
        Check(d.MixingWeight is >= 0 and <= 1, d.MixingWeight, prefix + nameof(d.MixingWeight), "from 0 to 1");
        Check(d.HiddenStateWeight >= 0 && double.IsFinite(d.HiddenStateWeight), d.HiddenStateWeight, prefix + nameof(d.HiddenStateWeight), "a finite number of at least 0");
        Check(d.TeacherPrecision is null || Enum.IsDefined(d.TeacherPrecision.Value), d.TeacherPrecision, prefix + nameof(d.TeacherPrecision), "null or one of " + string.Join(", ", Enum.GetNames<Precision>()));
        Check(d.Teacher is null || d.TeacherDirectory is null, d.TeacherDirectory, prefix + nameof(d.TeacherDirectory), "null when a Teacher is set: name the teacher once");
        Check(!d.IsActive || d.Teacher is not null || !string.IsNullOrWhiteSpace(d.TeacherDirectory), "null", prefix + nameof(d.Teacher), "a model, or TeacherDirectory a checkpoint's directory");
    }

    private static void ValidateCheckpoints(CheckpointOptions checkpoints)
    {
        string prefix = nameof(FineTuneOptions.Checkpoints) + ".";
        Check(!string.IsNullOrWhiteSpace(checkpoints.Directory), "empty", prefix + nameof(checkpoints.Directory), "a folder of its own for this run");
        Check(checkpoints.EverySteps >= 1, checkpoints.EverySteps, prefix + nameof(checkpoints.EverySteps), "at least 1");
        Check(checkpoints.Keep >= 1, checkpoints.Keep, prefix + nameof(checkpoints.Keep), "at least 1");
    }

    private static void ValidateProbe(GeometryProbeOptions probe)
    {
        string prefix = nameof(FineTuneOptions.GeometryProbe) + ".";
        Check(probe.EverySteps is null or >= 1, probe.EverySteps, prefix + nameof(probe.EverySteps), "at least 1, or null for before and after alone");
        Check(probe.Texts is null or { Count: > 0 }, "empty", prefix + nameof(probe.Texts), "at least one text, or null for training rows");
        Check(probe.Texts is null || probe.Texts.All(text => text is not null), "null in one entry", prefix + nameof(probe.Texts), "texts, none of them null");
        Check(probe.MaxTexts >= 1, probe.MaxTexts, prefix + nameof(probe.MaxTexts), "at least 1");
        Check(probe.MaxTokens >= 2, probe.MaxTokens, prefix + nameof(probe.MaxTokens), "at least 2");
    }

    private static void CheckPositive(double value, string name) =>
        Check(value > 0 && double.IsFinite(value), value, name, "a finite number above 0");

    private static void Check(bool good, object? value, string name, string rule)
    {
        if (!good)
        {
            throw new ArgumentOutOfRangeException(name, value, $"FineTuneOptions.{name} is {value}; it must be {rule}.");
        }
    }
}
