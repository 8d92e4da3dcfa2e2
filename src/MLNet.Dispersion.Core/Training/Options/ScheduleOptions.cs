namespace MLNet.Dispersion;

/// <summary>How the learning rate goes on behind its warm-up. Each number belongs to some kinds; set for another one it is refused.</summary>
public sealed class ScheduleOptions : IOptions
{
    /// <summary>Gets or sets the form. Default <see cref="ScheduleKind.Cosine"/> (published recipe).</summary>
    public ScheduleKind Kind { get; set; }

    /// <summary>Gets or sets the number of waves: of <see cref="ScheduleKind.Cosine"/> whole ones, 0.5 by default; of <see cref="ScheduleKind.CosineWithRestarts"/> half ones, 1 by default. Null (default) for that. Above 0.</summary>
    public double? Cycles { get; set; }

    /// <summary>Gets or sets the lowest rate, as a share of the peak, of all kinds with a floor. Default 0. 0..1, 1 excluded.</summary>
    public double FloorRatio { get; set; }

    /// <summary>Gets or sets the power of <see cref="ScheduleKind.Polynomial"/>. Default 1. Above 0.</summary>
    public double Power { get; set; } = 1;

    /// <summary>Gets or sets the steps after which <see cref="ScheduleKind.InverseSqrt"/> without a warm-up would be at the peak. Default null: those of the warm-up, 10,000 where there is none, as in Hugging Face's trainer. At least 1.</summary>
    public int? Timescale { get; set; }

    /// <summary>Gets or sets the share of steps, the last ones, in which <see cref="ScheduleKind.WarmupStableDecay"/> falls; rounded up to whole steps. Default 0.1, our choice. 0..1.</summary>
    public double DecayRatio { get; set; } = DefaultDecayRatio;

    /// <summary>Gets or sets how it falls there. Default <see cref="DecayShape.Cosine"/>.</summary>
    public DecayShape Decay { get; set; }

    /// <summary>Gets or sets where the warm-up of <see cref="ScheduleKind.CosineWarmupWithFloor"/> begins, as a share of the peak. Default 0. 0..1.</summary>
    public double WarmupStartRatio { get; set; }

    private const double DefaultDecayRatio = 0.1;

    private bool IsFalling => Kind is ScheduleKind.Cosine or ScheduleKind.Polynomial or ScheduleKind.WarmupStableDecay or ScheduleKind.CosineWarmupWithFloor;

    /// <summary>A copy, so that later edits of one do not reach the other.</summary>
    public ScheduleOptions Clone() => (ScheduleOptions)MemberwiseClone();

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is outside its range, or belongs to another kind; the message names value and limit.</exception>
    public void Validate() => new Require(nameof(ScheduleOptions)).Options(this);

    /// <inheritdoc/>
    void IOptions.Check(Require require)
    {
        require.Defined(Kind);
        require.Defined(Decay);
        require.Positive(Cycles ?? 1, nameof(Cycles));
        require.That(FloorRatio is >= 0 and < 1, FloorRatio, "at least 0 and below 1");
        require.Positive(Power);
        require.AtLeast(Timescale, 1, ", or null for the steps of the warm-up");
        require.That(DecayRatio is >= 0 and <= 1, DecayRatio, "from 0 to 1");
        require.That(WarmupStartRatio is >= 0 and <= 1, WarmupStartRatio, "from 0 to 1");
        require.That(Cycles is null || Kind is ScheduleKind.Cosine or ScheduleKind.CosineWithRestarts, Cycles, Elsewhere("null"));
        require.That(FloorRatio == 0 || IsFalling, FloorRatio, Elsewhere("0"));
        require.That(Power == 1 || Kind == ScheduleKind.Polynomial, Power, Elsewhere("1"));
        require.That(Timescale is null || Kind == ScheduleKind.InverseSqrt, Timescale, Elsewhere("null"));
        require.That(DecayRatio == DefaultDecayRatio || Kind == ScheduleKind.WarmupStableDecay, DecayRatio, Elsewhere("0.1"));
        require.That(Decay == DecayShape.Cosine || Kind == ScheduleKind.WarmupStableDecay, Decay, Elsewhere("Cosine"));
        require.That(WarmupStartRatio == 0 || Kind == ScheduleKind.CosineWarmupWithFloor, WarmupStartRatio, Elsewhere("0"));
    }

    private string Elsewhere(string neutral) => $"{neutral} where Kind is {Kind}, which has no use for it";
}
