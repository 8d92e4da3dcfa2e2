namespace MLNet.Dispersion;

/// <summary>How weights follow their gradients. AdamW's own numbers are <see cref="FineTuneOptions.Beta1"/>, <see cref="FineTuneOptions.Beta2"/> and <see cref="FineTuneOptions.AdamEpsilon"/>, which other rules do not read.</summary>
/// <remarks>Weight decay is decoupled in <see cref="OptimizerKind.AdamW"/> and <see cref="OptimizerKind.Adafactor"/>, and part of the gradient, behind its clipping, in the others, as in PyTorch.</remarks>
public sealed class OptimizerOptions : IOptions
{
    /// <summary>Gets or sets the rule. Default <see cref="OptimizerKind.AdamW"/> (published recipe). Another one needs a learning rate of its own: the default fits AdamW.</summary>
    public OptimizerKind Kind { get; set; }

    /// <summary>Gets or sets the share of the last update that <see cref="OptimizerKind.Sgd"/> keeps. Default 0: none. 0..1, 1 excluded.</summary>
    public double Momentum { get; set; }

    /// <summary>Gets or sets whether the gradient is looked at behind the momentum's step (Nesterov). Default false.</summary>
    public bool Nesterov { get; set; }

    /// <summary>A copy, so that later edits of one do not reach the other.</summary>
    public OptimizerOptions Clone() => (OptimizerOptions)MemberwiseClone();

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is outside its range, or belongs to another rule; the message names value and limit.</exception>
    public void Validate() => new Require(nameof(OptimizerOptions)).Options(this);

    /// <inheritdoc/>
    void IOptions.Check(Require require)
    {
        require.Defined(Kind);
        require.That(Momentum is >= 0 and < 1, Momentum, "at least 0 and below 1");
        require.That(Momentum == 0 || Kind == OptimizerKind.Sgd, Momentum, $"0 where Kind is {Kind}, which has no use for it");
        require.That(!Nesterov || Momentum > 0, Nesterov, "false where Momentum is 0");
    }
}
