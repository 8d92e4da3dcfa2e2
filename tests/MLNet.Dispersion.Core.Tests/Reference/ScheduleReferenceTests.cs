using System.Text.Json;

namespace MLNet.Dispersion.Tests.Reference;

/// <summary>Learning rates of every step against those of the reference's trainer: one case a schedule.</summary>
public sealed class ScheduleReferenceTests : ReferenceTests
{
    private const double Tolerance = 1e-5;

    [SkippableFact]
    public void At_ReferenceSchedules_IsTheirRate() => Check("hf-trainer", folder =>
    {
        foreach (JsonElement item in folder.Json("schedules.json").GetProperty("schedules").EnumerateArray())
        {
            folder.Case($"schedule {item.GetProperty("name").GetString()}", () =>
            {
                int steps = item.GetProperty("steps").GetInt32(), warmup = item.GetProperty("warmup").GetInt32();
                double peak = item.Number("base_lr");
                var schedule = new LearningRateSchedule(peak, steps, (double)warmup / steps, Options(item.GetProperty("type").GetString()!, item.GetProperty("arguments"), peak, steps));
                double[] expected = item.Numbers("lr_used_at_step_from_1");
                Assert.Equal(steps, expected.Length);
                for (int step = 0; step < steps; step++)
                {
                    Assert.Equal(expected[step], schedule.At(step), Tolerance * peak);
                }

                // The reference's rate behind the end of this kind rises again; no step uses it.
                if (schedule.Kind != ScheduleKind.CosineWarmupWithFloor)
                {
                    Assert.Equal(item.Number("lr_after_the_end"), schedule.At(steps), Tolerance * peak);
                }
            });
        }

        foreach (JsonElement item in folder.Json("schedules.json").GetProperty("warmup_ratio").EnumerateArray())
        {
            int steps = item.GetProperty("steps").GetInt32();
            double ratio = item.Number("ratio");
            folder.Case(FormattableString.Invariant($"warm-up of {ratio} of {steps}"), () => Assert.Equal(item.GetProperty("warmup_steps").GetInt32(), new LearningRateSchedule(1, steps, ratio).WarmupSteps));
        }
    });

    private static ScheduleOptions Options(string type, JsonElement arguments, double peak, int steps)
    {
        var options = new ScheduleOptions
        {
            Kind = type switch
            {
                "linear" => ScheduleKind.Linear,
                "cosine" or "cosine_with_min_lr" => ScheduleKind.Cosine,
                "cosine_with_restarts" => ScheduleKind.CosineWithRestarts,
                "polynomial" => ScheduleKind.Polynomial,
                "constant" or "constant_with_warmup" => ScheduleKind.Constant,
                "inverse_sqrt" => ScheduleKind.InverseSqrt,
                "warmup_stable_decay" => ScheduleKind.WarmupStableDecay,
                "cosine_warmup_with_min_lr" => ScheduleKind.CosineWarmupWithFloor,
                _ => throw new NotSupportedException($"There is no schedule '{type}'."),
            },
        };
        foreach (JsonProperty argument in arguments.EnumerateObject())
        {
            switch (argument.Name)
            {
                case "num_cycles":
                    options.Cycles = argument.Value.GetDouble();
                    break;
                case "lr_end" or "min_lr":
                    options.FloorRatio = argument.Value.GetDouble() / peak;
                    break;
                case "min_lr_rate" or "min_lr_ratio":
                    options.FloorRatio = argument.Value.GetDouble();
                    break;
                case "power":
                    options.Power = argument.Value.GetDouble();
                    break;
                case "timescale":
                    options.Timescale = argument.Value.GetInt32();
                    break;
                case "num_decay_steps":
                    options.DecayRatio = argument.Value.GetDouble() / steps;
                    break;
                case "warmup_lr_rate":
                    options.WarmupStartRatio = argument.Value.GetDouble();
                    break;
                case "decay_type":
                    options.Decay = argument.Value.GetString() switch
                    {
                        "cosine" => DecayShape.Cosine,
                        "linear" => DecayShape.Linear,
                        "1-sqrt" => DecayShape.OneMinusSqrt,
                        var other => throw new NotSupportedException($"There is no decay '{other}'."),
                    };
                    break;
                default:
                    throw new NotSupportedException($"There is no argument '{argument.Name}' of schedules.");
            }
        }

        return options;
    }
}
