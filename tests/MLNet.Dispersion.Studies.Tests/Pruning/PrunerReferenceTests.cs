using System.Text.Json;

namespace MLNet.Dispersion.Studies.Tests.Pruning;

/// <summary>Pruners on the reference's learning curves: one case a run of one pruner in one direction.</summary>
public sealed class PrunerReferenceTests : ReferenceTests
{
    [SkippableFact]
    public void ShouldPrune_ReferenceCurves_StopsWhereTheReferenceStops() => Check("optuna", folder =>
    {
        JsonElement file = folder.Json("pruners.json");
        double[][] curves = [.. file.GetProperty("curves").EnumerateArray().Select(curve => curve.Numbers())];
        foreach (JsonElement run in file.GetProperty("runs").EnumerateArray())
        {
            string name = run.GetProperty("pruner").GetString()!, direction = run.GetProperty("direction").GetString()!;
            folder.Case($"{name}, {direction}", () =>
            {
                IPruner pruner = Pruner(name, run.GetProperty("arguments"));
                int?[] stops = [.. run.GetProperty("stopped_at_step").EnumerateArray().Select(step => step.ValueKind == JsonValueKind.Null ? (int?)null : step.GetInt32())];
                Assert.Equal(stops, Stops(pruner, curves, direction switch
                {
                    "minimize" => false,
                    "maximize" => true,
                    _ => throw new NotSupportedException($"There is no direction '{direction}'."),
                }));
                if (run.TryGetProperty("bracket_of_trial", out JsonElement brackets))
                {
                    Assert.Equal(brackets.EnumerateArray().Select(bracket => bracket.GetInt32()), curves.Select((_, number) => ((HyperbandPruner)pruner).BracketOf(number)));
                }
            });
        }
    });

    /// <summary>The step at which each trial is stopped, one trial after another; null for none.</summary>
    private static List<int?> Stops(IPruner pruner, double[][] curves, bool maximize)
    {
        var objective = new StudyObjective { Name = "value", Maximize = maximize };
        var history = new List<Trial>();
        var stops = new List<int?>();
        foreach ((int number, double[] curve) in curves.Index())
        {
            var trial = new Trial { Number = number, State = TrialState.Running };
            int? stop = null;
            for (int step = 1; step <= curve.Length && stop is null; step++)
            {
                trial = trial with { Intermediate = [.. trial.Intermediate, new IntermediateValue { Step = step, Value = maximize ? -curve[step - 1] : curve[step - 1] }] };
                stop = pruner.ShouldPrune(objective, trial, [.. history, trial]) ? step : null;
            }

            stops.Add(stop);
            history.Add(trial with { State = stop is null ? TrialState.Completed : TrialState.Pruned, Values = stop is null ? [trial.Intermediate[^1].Value] : [] });
        }

        return stops;
    }

    /// <summary>The pruner that a run's name begins with, by its arguments.</summary>
    private static IPruner Pruner(string name, JsonElement arguments)
    {
        int Whole(string key, int otherwise) => arguments.TryGetProperty(key, out JsonElement value) ? value.GetInt32() : otherwise;
        double? Number(string key) => arguments.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;
        string? Word(string key) => arguments.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        PercentilePruner Percentile(double percentile) => new(percentile, Whole("n_startup_trials", 5), Whole("n_warmup_steps", 0), Whole("interval_steps", 1), Whole("n_min_trials", 1));
        bool Is(string kind) => name == kind || name.StartsWith(kind + "_", StringComparison.Ordinal);
        return 0 switch
        {
            _ when Is("median") => Percentile(50),
            _ when Is("percentile") => Percentile(Number("percentile")!.Value),
            _ when Is("successive_halving") => new AshaPruner(Word("min_resource") == "auto" ? null : Whole("min_resource", 1), Whole("reduction_factor", 4), Whole("min_early_stopping_rate", 0), Whole("bootstrap_count", 0)),
            _ when Is("hyperband") => new HyperbandPruner(Whole("max_resource", 1), Whole("min_resource", 1), Whole("reduction_factor", 3), Word("study_name")!),
            _ when Is("threshold") => new ThresholdPruner(Number("lower"), Number("upper"), Whole("n_warmup_steps", 0), Whole("interval_steps", 1)),
            _ when Is("patient") => new PatientPruner(Whole("patience", 0), Number("min_delta") ?? 0, Word("wrapped") is { } wrapped ? Pruner(wrapped, JsonSerializer.SerializeToElement(new { percentile = 50 })) : null),
            _ => throw new NotSupportedException($"There is no pruner for '{name}'."),
        };
    }
}
