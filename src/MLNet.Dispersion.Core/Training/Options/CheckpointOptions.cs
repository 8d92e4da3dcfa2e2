namespace MLNet.Dispersion;

/// <summary>Where, how often and how many checkpoints a training run saves, from which the same call goes on after an interruption.</summary>
/// <remarks>
/// <para>
/// A checkpoint is a folder <c>checkpoint-N</c> (N optimizer steps done; <c>finished</c> at the end) below <see cref="Directory"/>: weights, optimizer
/// moments, best weights and generators as safetensors, the rest as JSON, and a manifest with the SHA-256 of each. It is written under another name,
/// flushed to disk and renamed, so that a process killed at any moment, even while it saves, loses no more than the steps since the last checkpoint.
/// </para>
/// <para>
/// To go on, make the same call with the same options, data and backbone as it was before training: on the same machine, with the same number of
/// threads, final weights and figures then equal those of a run that was never interrupted, bit for bit. A run that had finished returns its result
/// at once. One directory serves one run: other options, data or another backbone are refused with an error that names the difference. The options
/// here, progress and cancellation may differ.
/// </para>
/// <para>Not thread-safe while it is edited.</para>
/// </remarks>
public sealed class CheckpointOptions : IOptions
{
    /// <summary>Gets or sets the folder that holds the checkpoints of this run and of no other; created when missing. It needs room for <see cref="Keep"/> + 1 checkpoints, each about four times the trained weights' size in float32 (weights, two moments, best weights), and for the tokens of data that is larger than <see cref="FineTuneOptions.DataMemoryBytes"/>. Must be set.</summary>
    public string Directory { get; set; } = "";

    /// <summary>Gets or sets the number of optimizer steps from one checkpoint to the next. Default 500 (customary: the default of Hugging Face's Trainer). At least 1. The end of training is always saved.</summary>
    public int EverySteps { get; set; } = 500;

    /// <summary>Gets or sets the most checkpoints that are kept; older ones are deleted once a newer one is whole. Default 2, so that there is another should the disk damage one. At least 1.</summary>
    public int Keep { get; set; } = 2;

    /// <summary>
    /// Gets or sets whether to go on from the newest checkpoint of the directory, if there is one (default). A damaged one is an error that names the damaged file and
    /// the checkpoint before it, which a deletion of the damaged folder falls back to. With false the run begins anew, and earlier checkpoints are deleted
    /// once its own first one is whole.
    /// </summary>
    public bool Resume { get; set; } = true;

    /// <summary>A copy, so that later edits of one do not reach the other.</summary>
    public CheckpointOptions Clone() => (CheckpointOptions)MemberwiseClone();

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is outside its range; the message names value and limit.</exception>
    public void Validate() => new Require(nameof(CheckpointOptions)).Options(this);

    /// <inheritdoc/>
    void IOptions.Check(Require require)
    {
        require.That(!string.IsNullOrWhiteSpace(Directory), "empty", "a folder of its own for this run", nameof(Directory));
        require.AtLeast(EverySteps, 1);
        require.AtLeast(Keep, 1);
    }
}
