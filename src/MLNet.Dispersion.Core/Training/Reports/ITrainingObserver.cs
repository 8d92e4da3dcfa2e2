namespace MLNet.Dispersion;

/// <summary>Watches a training run and may measure what is trained, on the training thread (<see cref="FineTuneOptions.Observers"/>).</summary>
/// <remarks>
/// <para>An observer leaves weights, modes and random generators as it finds them, or else the run is no longer the one without it. What it throws ends training.</para>
/// <para>
/// What an observer has seen survives an interruption (<see cref="FineTuneOptions.Checkpoints"/>) where it names <see cref="Documents"/>: each is a file of every
/// checkpoint, written by <see cref="Save"/> and handed back to <see cref="Restore"/> before the run goes on.
/// </para>
/// </remarks>
public interface ITrainingObserver
{
    /// <summary>Gets the names of the files that keep what was observed, such as <c>geometry-history.json</c>; each belongs to one observer alone. Default: none.</summary>
    IReadOnlyList<string> Documents => [];

    /// <summary>Told before the first step of this session: of a run that goes on, <see cref="TrainingRun.Step"/> is where it stands.</summary>
    /// <param name="run">The run.</param>
    void RunStarted(TrainingRun run)
    {
    }

    /// <summary>Told after each optimizer step, before a checkpoint is saved.</summary>
    /// <param name="run">The run.</param>
    /// <param name="progress">The step's figures.</param>
    void StepDone(TrainingRun run, TrainingProgress progress)
    {
    }

    /// <summary>
    /// Asked for figures of its own at the end of each epoch whose held-out rows are measured, before the best weights are chosen: they stand among <see cref="TrainingProgress.ValidationFigures"/>, in the place of the
    /// task's of the same name, and <see cref="FineTuneOptions.BestBy"/> may name one, the higher the better. The backbone is in evaluation mode meanwhile. Default: none.
    /// </summary>
    /// <param name="run">The run.</param>
    IReadOnlyDictionary<string, double> Figures(TrainingRun run) => TrainingProgress.NoFigures;

    /// <summary>Told after the last step of each epoch and its validation, behind <see cref="StepDone"/>.</summary>
    /// <param name="run">The run.</param>
    /// <param name="progress">The figures of the epoch's last step, those of the validation included.</param>
    void EpochDone(TrainingRun run, TrainingProgress progress)
    {
    }

    /// <summary>Told once training has ended and the weights that are kept are in place; not when it failed or was cancelled, nor when it had ended in an earlier session.</summary>
    /// <param name="run">The run.</param>
    void RunEnded(TrainingRun run)
    {
    }

    /// <summary>Writes one of <see cref="Documents"/>.</summary>
    /// <param name="document">Its name.</param>
    /// <param name="stream">Where to; stays open.</param>
    void Save(string document, Stream stream)
    {
    }

    /// <summary>Takes back what <see cref="Save"/> wrote in an earlier session.</summary>
    /// <param name="document">Its name.</param>
    /// <param name="content">Its bytes, as they were written.</param>
    /// <exception cref="FormatException">It is no such document.</exception>
    void Restore(string document, byte[] content)
    {
    }
}
