using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>One training of an estimator: rows, seed, cancellation and log lines, whatever is trained.</summary>
/// <param name="host">For errors.</param>
/// <param name="channel">Where the log lines go.</param>
/// <param name="cancellation">The ways to cancel it.</param>
/// <param name="backbone">What is trained.</param>
/// <param name="textColumns">The text columns, for the log.</param>
/// <param name="options">How to train; copied.</param>
/// <param name="seed">The seed to train with, unless a checkpoint has its own.</param>
/// <param name="validation">Rows to choose the best weights by; null to hold some of the training rows out.</param>
/// <param name="metric">A figure of the caller's by which the best weights are chosen, of those rows as scored; null for the loss, or the figure that the options name.</param>
internal sealed class FineTuneRun(
    IHost host, IChannel channel, FitCancellation cancellation, ModelSource backbone, string textColumns, FineTuneOptions options, int seed, IDataView? validation = null, Func<IDataView, double>? metric = null) : IDisposable
{
    private readonly List<IDisposable> _read = [];
    private int? _validationRows;

    /// <summary>Where the texts of rows are kept.</summary>
    internal RowStorage Storage { get; } = new() { MemoryBytes = options.DataMemoryBytes };

    /// <summary>What is trained.</summary>
    internal ModelSource Backbone => backbone;

    /// <summary>Whether training goes on from a fitted model of the same task, and so from its head.</summary>
    internal bool GoesOn { get; init; }

    /// <summary>The seed of what is drawn beside the training itself.</summary>
    internal int DrawingSeed => seed;

    /// <summary>How many of the rows are those of the validation set; they stand behind the others.</summary>
    internal int ValidationRows => _validationRows ?? 0;

    /// <summary>Lets go of the rows that were read.</summary>
    public void Dispose() => _read.ForEach(rows => rows.Dispose());

    /// <summary>Reads the rows that have a label, tells of those left out and checks that there is something to learn.</summary>
    /// <exception cref="ArgumentException">There is not.</exception>
    internal TRows Read<TRows>(TRows rows, IDataView data)
        where TRows : LabelledRows
    {
        _read.Add(rows);
        rows.Fill(data, cancellation);
        rows.Warn(channel);
        rows.CheckTrainable(host);
        if (validation is not null)
        {
            int trained = rows.Examples, first = rows.Count;
            rows.Fill(validation, cancellation);
            rows.CheckTrainable(host);
            rows.CheckApart(host, first);
            _validationRows = rows.Examples - trained;
            if (_validationRows == 0)
            {
                throw new ArgumentException("The validation set has no row with a label.");
            }
        }

        return rows;
    }

    /// <summary>Trains on labelled rows, and tells how it went.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="task">What for, for the log: <c>of 3 classes</c>, …</param>
    /// <param name="train">Trains with the options it is given.</param>
    internal TModel Train<TModel>(LabelledRows rows, string task, Func<FineTuneOptions, TModel> train)
        where TModel : FineTunedModel
    {
        int count = rows.Count;
        TModel model = Train(
            string.Create(CultureInfo.InvariantCulture, $"on {count} rows {task}"),
            train,
            run => $"{run.TruncatedTexts} of {rows.Encoded.Count} training {rows.Encoded.Name} have more tokens in {textColumns} than the {Longest(run)} that the model reads, and were cut off.");
        if (model.LanguageModel.ChangedFiles is { Count: > 0 } changed)
        {
            ChannelLog.Warn(channel, $"Of the files of {backbone.Name}, {Printable.FirstTen(changed)} changed since the model was saved. They were read as they are now.");
        }

        if (model.TrainingResult is { } result)
        {
            Tell(result);
        }

        return model;
    }

    /// <summary>Trains; what was trained before the cancellation was noticed is freed.</summary>
    /// <param name="what">What is done to the backbone, for the log: <c>on 40 rows of 3 classes</c>, …</param>
    /// <param name="train">Trains with the options it is given; its result is freed if it can be.</param>
    /// <param name="cutOff">What to warn of before the first step where texts are longer than the model reads; null for nothing.</param>
    internal TTrained Train<TTrained>(string what, Func<FineTuneOptions, TTrained> train, Func<TrainingRun, FormattableString>? cutOff = null)
        where TTrained : class
    {
        FineTuneOptions own = options.Clone();
        own.Device = ContextDevice.Of(host, own.Device);
        own.HeadStart = GoesOn ? HeadStart.Pretrained : own.HeadStart;
        own.Seed = Agreed(own, Seed(own));
        own.CancellationToken = cancellation.Token;
        if (_validationRows is { } held)
        {
            (own.ValidationRows, own.ValidationFraction) = (held, null);
        }

        var log = new TrainingLog(channel, own, cancellation, cutOff);
        own.Progress = log;
        own.Observers = [log, .. own.Observers];
        ChannelLog.Info(channel, $"Fine-tuning {backbone.Name} {what}, seed {own.Seed}, dispersion coefficient {own.Dispersion.Coefficient}.");
        TTrained? trained = null;
        try
        {
            trained = train(own);
            cancellation.ThrowIfRequested();
        }
        catch (OperationCanceledException)
        {
            (trained as IDisposable)?.Dispose();
            cancellation.ThrowIfRequested();
            throw;
        }

        return trained;
    }

    /// <summary>Trains on a part of the rows, for predictions of the others: without checkpoints, observers and a validation set.</summary>
    /// <param name="part">Which, from 0, for the log.</param>
    /// <param name="count">Its rows, for the log.</param>
    /// <param name="train">Trains with the options it is given.</param>
    internal TModel TrainPart<TModel>(int part, int count, Func<FineTuneOptions, TModel> train)
        where TModel : FineTunedModel => Train(string.Create(CultureInfo.InvariantCulture, $"for the weight of n-grams, part {part + 1}, on {count} rows"), options =>
        {
            FineTuneOptions own = options.Clone();
            (own.Checkpoints, own.GeometryProbe, own.Progress, own.Observers) = (null, null, null, []);
            (own.ValidationRows, own.BestBy) = (null, own.ValidationRows is null ? own.BestBy : null);
            return train(own);
        });

    /// <summary>The caller's figure of the validation set, of a model in training; null where the caller has none.</summary>
    /// <param name="transformer">Makes a transformer of the model, which stays the training's.</param>
    internal Func<TModel, double>? Metric<TModel>(Func<TModel, ITransformer> transformer) => metric is null || validation is null ? null : model => metric(transformer(model).Transform(validation));

    /// <summary>Lets a language model be chosen by the caller's figure of the validation set, where the caller has one.</summary>
    /// <param name="own">The training's options.</param>
    /// <param name="transformer">Makes a transformer of the model in training, which stays the training's.</param>
    internal FineTuneOptions Choosing(FineTuneOptions own, Func<ITransformer> transformer)
    {
        if (metric is not null && validation is not null)
        {
            own.ChooseBy(_ => metric(transformer().Transform(validation)));
        }

        return own;
    }

    /// <summary>Tells how training ended: its warning, if there is one, and its figures.</summary>
    internal void Tell(FineTuneResult result)
    {
        if (result.Warning is { } warning)
        {
            channel.Warning(MessageSensitivity.None, warning);
        }

        if (result.ResumedFromStep is { } from)
        {
            ChannelLog.Info(channel, $"Training went on from the checkpoint of step {from}.");
        }

        string kept = result.BestEpoch is { } best ? string.Create(CultureInfo.InvariantCulture, $"; kept the weights of epoch {best}, validation loss {result.BestValidationLoss:0.0000}") : "";
        ChannelLog.Info(channel, $"Fine-tuned {backbone.Name} in {result.Elapsed.TotalSeconds:0.0} s and {result.Steps} steps ({result.StopReason}, peak learning rate {result.LearningRate:0.##E+0}, {result.ComputeType}){kept}.");
    }

    // Rows that lie in a file are not read for it.
    private static int Longest(TrainingRun run) => Enumerable.Range(0, run.Sequences.Count).Max(place => StoredRows.LengthOf(run.Sequences, place));

    // Each process draws a number of its own.
    private static int Agreed(FineTuneOptions own, int seed) => own is { Seed: null, Distributed: { } distributed } ? DistributedJob.Join(distributed).Agree(seed) : seed;

    // A seed that nobody named is that of the checkpoint to go on from, since another process draws another number.
    private int Seed(FineTuneOptions own)
    {
        if (own is not { Seed: null, Checkpoints: { Resume: true } checkpoints })
        {
            return seed;
        }

        try
        {
            return TrainingCheckpoint.Latest(checkpoints.Directory)?.Seed ?? seed;
        }
        catch (ModelFileException)
        {
            // Training reads it again and says what to do.
            return seed;
        }
    }
}

/// <summary>
/// Writes the progress of training to MLContext.Log: which defaults it takes, the first step of each epoch, each validation, the last step and about twenty lines besides.
/// Passes every step on to the caller's own progress.
/// </summary>
internal sealed class TrainingLog(IChannel channel, FineTuneOptions options, FitCancellation cancellation, Func<TrainingRun, FormattableString>? cutOff) : IProgress<TrainingProgress>, ITrainingObserver
{
    private const int Lines = 20;
    private readonly IProgress<TrainingProgress>? _next = options.Progress;
    private int _epoch;
    private int _epochs = FineTuneOptions.NoEpochLimit;

    public void RunStarted(TrainingRun run)
    {
        _epochs = run.Numbers.Epochs;
        if (run.Rank == 0 && options.TakenFrom(run.Numbers) is { Length: > 0 } taken)
        {
            ChannelLog.Info(channel, $"Defaults for {run.RowCount} rows: {taken}.");
        }

        if (run is { Rank: 0, Advice: { } advice })
        {
            channel.Warning(MessageSensitivity.None, advice);
        }

        if (run is { Rank: 0, TruncatedTexts: > 0 } && cutOff is not null)
        {
            ChannelLog.Warn(channel, cutOff(run));
        }
    }

    // Of several ranks the first alone is told of progress; each may be cancelled.
    public void StepDone(TrainingRun run, TrainingProgress progress)
    {
        if (run.Rank > 0)
        {
            cancellation.Poll();
        }
    }

    public void Report(TrainingProgress value)
    {
        if (IsWorthALine(value))
        {
            channel.Info(MessageSensitivity.None, Describe(value));
        }

        _epoch = value.Epoch;
        _next?.Report(value);
        cancellation.Poll();
    }

    private bool IsWorthALine(TrainingProgress progress) =>
        progress.Epoch != _epoch
        || progress.ValidationLoss is not null
        || progress.Step == progress.TotalSteps
        || progress.Step % Math.Max(1, (progress.TotalSteps + Lines - 1) / Lines) == 0;

    private string Describe(TrainingProgress p)
    {
        CultureInfo plain = CultureInfo.InvariantCulture;
        string dispersion = p.Dispersion is { } d ? string.Create(plain, $", dispersion {d:0.0000}") : "";
        string validation = p.ValidationLoss is { } loss ? string.Create(plain, $", validation loss {loss:0.0000}") : "";
        string accuracy = p.ValidationAccuracy is { } share ? string.Create(plain, $", validation accuracy {share:0.000}") : "";
        string passes = _epochs == FineTuneOptions.NoEpochLimit ? "" : string.Create(plain, $"/{_epochs}");
        return string.Create(plain, $"epoch {p.Epoch}{passes}, step {p.Step}/{p.TotalSteps}: loss {p.TaskLoss:0.0000}{dispersion}{validation}{accuracy}, {p.TokensPerSecond:0} tokens/s, {p.Remaining:hh\\:mm\\:ss} left");
    }
}
