using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Writes a run's state as the files of a checkpoint, and reads it back in place.</summary>
internal static class RunFiles
{
    private const string WeightsFile = "weights.safetensors";
    private const string BestFile = "best-weights.safetensors";
    private const string OptimizerFile = "optimizer.safetensors";
    private const string GeneratorsFile = "generators.safetensors";
    private const string CoordinatesFile = "coordinate-moments.safetensors";
    private const string StateFile = "state.json";
    private static readonly string[] Own = [WeightsFile, BestFile, OptimizerFile, GeneratorsFile, CoordinatesFile, StateFile, CheckpointManifest.FileName];

    /// <summary>Writes everything that the next step depends on, and the figures so far.</summary>
    /// <param name="sink">Where to.</param>
    /// <param name="run">The state after a step.</param>
    /// <param name="result">What training returns, at its end: then the weights are the final ones, and nothing follows that moments would be for.</param>
    internal static void Write(FileSink sink, RunState run, FineTuneResult? result)
    {
        using var scope = NewDisposeScope();
        WriteTensors(sink, WeightsFile, Weights(run));
        bool hasBest = result is null && run.Best.Taken;
        if (result is null)
        {
            WriteTensors(sink, OptimizerFile, run.Optimizer.Memory);
            WriteTensors(sink, GeneratorsFile, run.Generators.States());
            if (run.Moments.Tensors.Any())
            {
                WriteTensors(sink, CoordinatesFile, run.Moments.Tensors);
            }
        }

        if (hasBest)
        {
            WriteTensors(sink, BestFile, BestWeights(run));
        }

        foreach (var (document, observer) in Documents(run))
        {
            sink.Write(document, stream => observer.Save(document, stream));
        }

        var state = new StateDocument(
            run.Step, run.Optimizer.StepCount, run.BestEpoch, run.BestLoss, run.EpochsWithoutGain, hasBest,
            run.Clock.Tokens, run.Clock.Elapsed, run.Clock.Stepping, run.History, result is null ? null : ResultDocument.Of(result), run.BestScore);
        StateDocument.Format.Write(state, sink, StateFile);
    }

    /// <summary>Sets the run back to a saved state.</summary>
    /// <param name="source">The checkpoint, checked to be whole and of this run.</param>
    /// <param name="run">Is changed, the parameters included.</param>
    /// <returns>What training returned, if it had ended.</returns>
    /// <exception cref="ModelFileException">A file does not fit.</exception>
    internal static FineTuneResult? Read(FileSource source, RunState run)
    {
        var state = StateDocument.Format.Read(source, StateFile);
        if (state.History.Count != state.Step)
        {
            throw new ModelFileException(source.Describe(StateFile), $"It is damaged: it has the figures of {state.History.Count} steps, but {state.Step} were done.");
        }

        ReadTensors(source, WeightsFile, Weights(run));
        if (state.Result is null)
        {
            ReadTensors(source, OptimizerFile, [.. run.Optimizer.Memory]);
            ReadGenerators(source, run.Generators);
            if (run.Moments.Tensors.Any())
            {
                ReadTensors(source, CoordinatesFile, [.. run.Moments.Tensors]);
            }
        }

        if (state.HasBestWeights)
        {
            run.Best.Take();
            ReadTensors(source, BestFile, BestWeights(run));
        }

        foreach (var (document, observer) in Documents(run).Where(pair => source.Contains(pair.Key)))
        {
            ReadDocument(source, document, observer);
        }

        run.Restore(state);
        return state.Result?.ToResult(state);
    }

    /// <summary>The observers by the names of their documents.</summary>
    /// <exception cref="ArgumentException">Two have the same document, or one has a file of the checkpoint's own.</exception>
    internal static IReadOnlyDictionary<string, ITrainingObserver> Documents(RunState run)
    {
        var documents = new Dictionary<string, ITrainingObserver>(StringComparer.OrdinalIgnoreCase);
        foreach (var (observer, document) in run.Observers.SelectMany(observer => observer.Documents.Select(document => (observer, document))))
        {
            if (Own.Contains(document, StringComparer.OrdinalIgnoreCase) || !documents.TryAdd(document, observer))
            {
                throw new ArgumentException($"The training observer {observer.GetType().Name} keeps what it saw as '{document}', a file that another observer or the checkpoint itself has. Give it another name.");
            }
        }

        return documents;
    }

    private static void ReadDocument(FileSource source, string document, ITrainingObserver observer)
    {
        try
        {
            observer.Restore(document, source.ReadAllBytes(document));
        }
        catch (FormatException e)
        {
            throw new ModelFileException(source.Describe(document), e.Message, innerException: e);
        }
    }

    private static KeyValuePair<string, Tensor>[] Weights(RunState run) =>
        [.. run.Optimizer.Trained.Select(trained => KeyValuePair.Create(trained.Name, (Tensor)trained.Parameter))];

    private static KeyValuePair<string, Tensor>[] BestWeights(RunState run) =>
        [.. run.Optimizer.Trained.Zip(run.Best.Values, (trained, value) => KeyValuePair.Create(trained.Name, value))];

    private static void WriteTensors(FileSink sink, string file, IEnumerable<KeyValuePair<string, Tensor>> tensors) =>
        sink.Write(file, stream => SafetensorsWriter.Write(stream, tensors));

    private static void ReadTensors(FileSource source, string file, KeyValuePair<string, Tensor>[] targets)
    {
        var missing = new Dictionary<string, Tensor>(targets, StringComparer.Ordinal);
        ForEach(source, file, (reader, name) =>
        {
            if (!missing.Remove(name, out Tensor? target))
            {
                throw new ModelFileException(reader.File, "This run does not train such a tensor.", Printable.Name(name));
            }

            reader.CopyTo(target);
        });
        RequireAll(source.Describe(file), missing.Keys);
    }

    private static void ReadGenerators(FileSource source, TrainingGenerators generators)
    {
        var missing = new HashSet<string>(generators.Names, StringComparer.Ordinal);
        ForEach(source, GeneratorsFile, (reader, name) =>
        {
            if (!missing.Remove(name))
            {
                throw new ModelFileException(reader.File, "This run has no such random generator.", Printable.Name(name));
            }

            using Tensor state = reader.Read();
            generators.Restore(name, state);
        });
        RequireAll(source.Describe(GeneratorsFile), missing);
    }

    private static void ForEach(FileSource source, string file, Action<SafetensorsReader, string> use) => source.Read(file, stream =>
    {
        var reader = new SafetensorsReader(stream, source.Describe(file));
        while (reader.MoveNext() is { } entry)
        {
            use(reader, entry.Name);
        }
    });

    private static void RequireAll(string file, IReadOnlyCollection<string> missing)
    {
        if (missing.Count > 0)
        {
            throw new ModelFileException(file, $"It lacks what this run trains: {Printable.FirstTen(missing)}.");
        }
    }
}

/// <summary>state.json of a training checkpoint: all that is no tensor and no observer's.</summary>
/// <param name="Step">Optimizer steps done, which is also the position in schedule and data.</param>
/// <param name="OptimizerStep">Updates that the moments have seen.</param>
/// <param name="BestEpoch">The best validated epoch, or null.</param>
/// <param name="BestLoss">Its validation loss; infinite before there is one.</param>
/// <param name="EpochsWithoutGain">Epochs since then.</param>
/// <param name="HasBestWeights">Whether there is a file of best weights.</param>
/// <param name="Tokens">Real tokens trained on.</param>
/// <param name="Elapsed">Time of training, earlier sessions included.</param>
/// <param name="Stepping">The part of it spent in steps.</param>
/// <param name="History">The figures of every step.</param>
/// <param name="Result">What training returned, without its histories; null before its end.</param>
/// <param name="BestScore">What the best epoch was chosen by, the lower the better; version 0.1 knew its loss alone.</param>
internal sealed record StateDocument(
    int Step,
    int OptimizerStep,
    int? BestEpoch,
    double BestLoss,
    int EpochsWithoutGain,
    bool HasBestWeights,
    long Tokens,
    TimeSpan Elapsed,
    TimeSpan Stepping,
    IReadOnlyList<TrainingProgress> History,
    ResultDocument? Result,
    double? BestScore = null)
{
    internal static readonly VersionedJson<StateDocument> Format =
        new("training checkpoint's state", "mlnet-dispersion/training-state", 1, "It is damaged, or of another build.") { UnmarkedVersionField = "", Compact = true };
}

/// <summary>What training returned, as state.json holds it: without histories, enums by their numbers.</summary>
internal sealed record ResultDocument(
    int StopReason,
    int Steps,
    long TrainedTokens,
    TimeSpan Elapsed,
    int? BestEpoch,
    double? BestValidationLoss,
    double LearningRate,
    int ComputeType,
    string? Warning)
{
    internal static ResultDocument Of(FineTuneResult result) => new(
        (int)result.StopReason, result.Steps, result.TrainedTokens, result.Elapsed, result.BestEpoch, result.BestValidationLoss, result.LearningRate, (int)result.ComputeType, result.Warning);

    internal FineTuneResult ToResult(StateDocument state) => new()
    {
        StopReason = (FineTuneStopReason)StopReason,
        Steps = Steps,
        TrainedTokens = TrainedTokens,
        Elapsed = Elapsed,
        BestEpoch = BestEpoch,
        BestValidationLoss = BestValidationLoss,
        LearningRate = LearningRate,
        ComputeType = (Precision)ComputeType,
        Warning = Warning,
        History = [.. state.History],
        ResumedFromStep = state.Step,
    };
}
