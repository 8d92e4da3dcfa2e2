namespace MLNet.Dispersion;

/// <summary>
/// Active forgetting (Chen et al. 2023, "Improving Language Plasticity via Pretraining with Active Forgetting", arXiv 2307.01163), a baseline of the published
/// experiments: after every K optimizer steps the token embeddings are drawn anew, from a normal distribution around 0, and the optimizer's moments of the table are
/// set to 0. A head that is tied to the table is reset with it.
/// </summary>
/// <remarks>
/// <para>Resets take place in the first <see cref="ActiveShare"/> of the planned steps, and never after the last one, where nothing could be learned again. The epochs before the last reset neither count for the
/// best weights nor towards early stopping.</para>
/// <para>Each reset draws from a generator that is made for it, of the seed and the step.</para>
/// </remarks>
public sealed class ActiveForgettingOptions : IOptions
{
    /// <summary>Gets or sets the number of optimizer steps from one reset to the next (K). Default 1000 (Chen et al.). At least 1, and small enough for one reset to take place.</summary>
    public int EverySteps { get; set; } = 1000;

    /// <summary>Gets or sets the share of the planned steps after which no more resets take place. Default 0.5, our choice, which leaves the model time to learn its embeddings again; 1 is anywhere, as in the published experiments (<see cref="Published"/>). Above 0; at most 1.</summary>
    public double ActiveShare { get; set; } = 0.5;

    /// <summary>Gets or sets the standard deviation of the new embeddings. Default null: the <c>initializer_range</c> of the checkpoint's config, 0.02 where it names none. The published experiments take 0.02. Above 0.</summary>
    public double? InitializerRange { get; set; }

    /// <summary>Gets or sets whether a reset sets the padding token's row to 0, as the published experiments do. Default false. Without effect where the model names no padding token.</summary>
    public bool ZeroPadRow { get; set; }

    /// <summary>
    /// Gets or sets whether the embeddings have a learning-rate schedule of their own, as in Chen et al. and the published experiments: linear up and down over all T steps, run through T / K (whole) times faster than the
    /// steps and begun again each time. Default false: they follow the schedule of all weights.
    /// </summary>
    public bool OwnSchedule { get; set; }

    /// <summary>Gets or sets the highest learning rate of <see cref="OwnSchedule"/>. Default null: that of all weights, as in the published experiments. Above 0.</summary>
    public double? PeakLearningRate { get; set; }

    /// <summary>Gets or sets the share of <see cref="OwnSchedule"/> in which the rate rises. Default 0.08 (the published experiments). 0..1, 1 excluded.</summary>
    public double WarmupRatio { get; set; } = 0.08;

    /// <summary>The published experiments' settings (arXiv 2602.00217): resets every 1000 steps anywhere, N(0, 0.02), the padding token's row 0, a schedule of the embeddings' own.</summary>
    /// <remarks>One thing differs: where K divides the number of steps, the published program resets after the last step too, and hands out a model with random embeddings.</remarks>
    /// <returns>Options to change at will.</returns>
    public static ActiveForgettingOptions Published() => new() { ActiveShare = 1, InitializerRange = 0.02, ZeroPadRow = true, OwnSchedule = true };

    /// <summary>A copy, so that later edits of one do not reach the other.</summary>
    public ActiveForgettingOptions Clone() => (ActiveForgettingOptions)MemberwiseClone();

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is outside its range; the message names value and limit.</exception>
    public void Validate() => new Require(nameof(ActiveForgettingOptions)).Options(this);

    /// <inheritdoc/>
    void IOptions.Check(Require require)
    {
        require.AtLeast(EverySteps, 1);
        require.That(ActiveShare is > 0 and <= 1, ActiveShare, "above 0 and at most 1");
        require.Positive(InitializerRange ?? 1, nameof(InitializerRange));
        require.Positive(PeakLearningRate ?? 1, nameof(PeakLearningRate));
        require.That(WarmupRatio is >= 0 and < 1, WarmupRatio, "at least 0 and below 1");
    }
}
