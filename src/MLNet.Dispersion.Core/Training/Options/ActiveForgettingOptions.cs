namespace MLNet.Dispersion;

/// <summary>
/// Active forgetting (Chen et al. 2023, "Improving Language Plasticity via Pretraining with Active Forgetting", arXiv 2307.01163), a baseline of the published
/// experiments: every K optimizer steps the token embeddings are drawn anew, from N(0, the config's <c>initializer_range</c>, 0.02 where it names none), and the
/// optimizer's moments of the table are set to 0. A head that is tied to the table is reset with it.
/// </summary>
/// <remarks>
/// <para>Resets take place in the first <see cref="ActiveShare"/> of the planned steps only, so that the model that comes out has had time to learn its embeddings again.
/// The epochs before the last reset neither count for the best weights nor towards early stopping. The learning-rate schedule goes on as planned: in the paper
/// the embeddings' own schedule restarts with every reset.</para>
/// <para>Each reset draws from a generator that is made for it, of the seed and the step.</para>
/// </remarks>
public sealed class ActiveForgettingOptions : IOptions
{
    /// <summary>Gets or sets the number of optimizer steps from one reset to the next (K). Default 1000 (Chen et al.). At least 1, and small enough for one reset to take place.</summary>
    public int EverySteps { get; set; } = 1000;

    /// <summary>Gets or sets the share of the planned steps after which no more resets take place. Default 0.5, our choice. Above 0 and below 1.</summary>
    public double ActiveShare { get; set; } = 0.5;

    /// <summary>A copy, so that later edits of one do not reach the other.</summary>
    public ActiveForgettingOptions Clone() => (ActiveForgettingOptions)MemberwiseClone();

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is outside its range; the message names value and limit.</exception>
    public void Validate() => new Require(nameof(ActiveForgettingOptions)).Options(this);

    /// <inheritdoc/>
    void IOptions.Check(Require require)
    {
        require.AtLeast(EverySteps, 1);
        require.That(ActiveShare is > 0 and < 1, ActiveShare, "above 0 and below 1");
    }
}
