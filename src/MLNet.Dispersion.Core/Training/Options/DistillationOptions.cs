namespace MLNet.Dispersion;

/// <summary>
/// Knowledge distillation (Hinton et al. 2015, arXiv 1503.02531) in causal-LM training: the student also learns to predict what a larger teacher of the same
/// vocabulary predicts. The loss is (1 - a) cross-entropy + a T² KL(teacher || student) + h (hidden states), plus the dispersion term, each averaged over the same predicted positions.
/// </summary>
/// <remarks>
/// <para>Validation measures the cross-entropy alone, so that runs with and without a teacher can be compared, and so do benchmarks and perplexities.</para>
/// <para>Hidden states: student block i of N learns from teacher block round(i M / N) of M (relative depth; both last block outputs are those after the final norm) by
/// 1 - cosine, as DistilBERT does (Sanh et al. 2019, arXiv 1910.01108) and, but for a factor 2, Patient-KD (Sun et al. 2019, arXiv 1908.09355): lengths,
/// which grow by orders of magnitude with depth in pre-norm transformers, do not count. Where the widths differ, one linear map from the student's width to the teacher's, the same for all
/// layers as in TinyBERT (Jiao et al. 2020, arXiv 1909.10351), is drawn from the run's seed, trained along (at the head's learning rate) and thrown away.</para>
/// <para>Logits of all positions are never in memory, neither the student's nor the teacher's.</para>
/// </remarks>
public sealed class DistillationOptions : IOptions
{
    /// <summary>
    /// Gets or sets the teacher in memory, on the device that training runs on; it stays the caller's, who disposes it. It reads in evaluation mode without gradients and is not changed, but must not be trained meanwhile.
    /// Default null: <see cref="TeacherDirectory"/> names it.
    /// </summary>
    public PretrainedLanguageModel? Teacher { get; set; }

    /// <summary>Gets or sets the teacher's checkpoint directory, loaded when training starts and freed when it ends. Default null: <see cref="Teacher"/> is it. One of the two must be set.</summary>
    public string? TeacherDirectory { get; set; }

    /// <summary>Gets or sets the temperature (T) by which both models' logits are divided before the softmax. Default 2 (DistilBERT). Above 0.</summary>
    public double Temperature { get; set; } = 2;

    /// <summary>Gets or sets the share of the distillation loss, the rest being the cross-entropy's (a). Default 0.5, our choice. 0..1; 0 switches it off: without hidden states as well, the teacher is not even loaded.</summary>
    public double MixingWeight { get; set; } = 0.5;

    /// <summary>Gets or sets the weight of the hidden states' loss (h). Default 0: off. At least 0.</summary>
    public double HiddenStateWeight { get; set; }

    /// <summary>Gets or sets the number type of the teacher's matrix products. Default null: that of the student (<see cref="FineTuneOptions.Precision"/>).</summary>
    public Precision? TeacherPrecision { get; set; }

    /// <summary>Whether anything is learned from the teacher at all.</summary>
    internal bool IsActive => MixingWeight > 0 || HiddenStateWeight > 0;

    /// <summary>A copy, so that later edits of one do not reach the other; the teacher is the same.</summary>
    public DistillationOptions Clone() => (DistillationOptions)MemberwiseClone();

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is outside its range; the message names value and limit.</exception>
    public void Validate() => new Require(nameof(DistillationOptions)).Options(this);

    /// <inheritdoc/>
    void IOptions.Check(Require require)
    {
        require.Positive(Temperature);
        require.That(MixingWeight is >= 0 and <= 1, MixingWeight, "from 0 to 1");
        require.NotNegative(HiddenStateWeight);
        require.Defined(TeacherPrecision ?? Precision.Auto, "null or ", nameof(TeacherPrecision));
        require.That(Teacher is null || TeacherDirectory is null, TeacherDirectory, "null when a Teacher is set: name the teacher once");
        require.That(!IsActive || Teacher is not null || !string.IsNullOrWhiteSpace(TeacherDirectory), "null", "a model, or TeacherDirectory a checkpoint's directory", nameof(Teacher));
    }
}
