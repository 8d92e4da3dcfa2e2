namespace MLNet.Dispersion;

/// <summary>The dispersion regulariser: which form, how strong, where. Defaults are the published recipe's (arXiv 2602.00217).</summary>
public sealed class DispersionOptions : IOptions
{
    /// <summary>Gets or sets the weight of the dispersion loss in the total loss; 0 switches it off (and its cost). Default 0.1 (published GPT-2 recipe). At least 0.</summary>
    public double Coefficient { get; set; } = 0.1;

    /// <summary>Gets or sets the form of the loss. Default <see cref="DispersionVariant.AngularSpread"/> (the paper's).</summary>
    public DispersionVariant Variant { get; set; } = DispersionVariant.AngularSpread;

    /// <summary>Gets or sets the block outputs it is applied to; the loss is their mean. Default <see cref="LayerSelection.All"/> (the paper's).</summary>
    public LayerSelection Layers { get; set; } = LayerSelection.All;

    /// <summary>Gets or sets the temperature of the angular forms. Default 1 (reference). Above 0.</summary>
    public double TauCos { get; set; } = 1.0;

    /// <summary>Gets or sets the temperature of the Euclidean forms. Default 1 (reference). Above 0.</summary>
    public double TauL2 { get; set; } = 1.0;

    /// <summary>Gets or sets the angular distance, as a fraction of half a turn, below which <see cref="DispersionVariant.Orthogonalization"/> pushes. Default 0.5 (reference). 0..1.</summary>
    public double Margin { get; set; } = 0.5;

    /// <summary>Gets or sets the number added to norms in the denominator and to the logits. Default 0.01 (reference). At least 0.</summary>
    public double Epsilon { get; set; } = 1e-2;

    /// <summary>Gets or sets t of the clamp: cosines are clamped to [-1 + t, 1 - t]; the gradient passes straight through. Default 0.1 (the reference's training recipe; its class has 0.25). 0..1, 1 excluded.</summary>
    public double ClampThreshold { get; set; } = 0.1;

    /// <summary>Gets or sets the most token positions per sequence; beyond it as many are drawn at random for every layer and step. Default 256 (reference). At least 2; null for no limit.</summary>
    public int? MaxTokens { get; set; } = 256;

    /// <summary>Gets or sets what is taken away from the hidden states first. Default <see cref="DispersionCentering.None"/> (the paper's). Where a few coordinates of a constant
    /// offset carry the cone (<see cref="ConeReport"/>), the loss spends itself on these unless they are taken away.</summary>
    public DispersionCentering Centering { get; set; } = DispersionCentering.None;

    /// <summary>Gets or sets whether each coordinate is divided by its standard deviation over the batches so far, so that all count the same. Default false (the paper's).</summary>
    public bool ScaleByDeviation { get; set; }

    /// <summary>Gets or sets what a new batch counts in the mean of <see cref="DispersionCentering.Running"/> and the deviation of <see cref="ScaleByDeviation"/>: the average is over about
    /// 1 / rate batches. Default 0.01 (of our own). Above 0, at most 1.</summary>
    public double MomentRate { get; set; } = 0.01;

    /// <summary>Whether mean and deviation over batches must be known.</summary>
    internal bool NeedsMoments => Coefficient > 0 && (Centering == DispersionCentering.Running || ScaleByDeviation);

    /// <summary>A copy, so that later edits of one do not reach the other.</summary>
    public DispersionOptions Clone() => (DispersionOptions)MemberwiseClone();

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range; the message names value and limit.</exception>
    public void Validate() => new Require("Dispersion").Options(this);

    /// <inheritdoc/>
    void IOptions.Check(Require require)
    {
        require.NotNegative(Coefficient, " (0 switches dispersion off)");
        require.Defined(Variant);
        require.Defined(Layers);
        require.Positive(TauCos);
        require.Positive(TauL2);
        require.That(Margin is >= 0 and <= 1, Margin, "from 0 to 1");
        require.NotNegative(Epsilon);
        require.That(ClampThreshold is >= 0 and < 1, ClampThreshold, "at least 0 and below 1");
        require.Defined(Centering);
        require.That(MomentRate is > 0 and <= 1, MomentRate, "above 0 and at most 1");
        require.AtLeast(MaxTokens, 2, ", or null for no limit");
    }
}
