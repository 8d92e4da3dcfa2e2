namespace MLNet.Dispersion;

/// <summary>The learning rate of each step: a linear warm-up, then what <see cref="ScheduleOptions"/> say; by default half a cosine down to 0, the published recipe's.</summary>
/// <remarks>Immutable and thread-safe. Step 0 of a schedule with warm-up has learning rate 0, as in the reference, but for the kinds whose warm-up begins higher.</remarks>
public sealed class LearningRateSchedule
{
    private const int UsualTimescale = 10_000;
    private readonly ScheduleOptions _options;
    private readonly int _decaySteps;

    /// <summary>Creates the schedule.</summary>
    /// <param name="peak">The learning rate at the end of the warm-up. Above 0.</param>
    /// <param name="totalSteps">Optimizer steps in all. At least 1.</param>
    /// <param name="warmupRatio">The share of steps that warm up, 0..1; rounded up to whole steps.</param>
    /// <param name="options">What comes behind the warm-up; null for half a cosine down to 0. Copied.</param>
    /// <exception cref="ArgumentException">A value is outside its range.</exception>
    public LearningRateSchedule(double peak, int totalSteps, double warmupRatio, ScheduleOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(peak);
        ArgumentOutOfRangeException.ThrowIfLessThan(totalSteps, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(warmupRatio);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(warmupRatio, 1);
        _options = options?.Clone() ?? new ScheduleOptions();
        _options.Validate();
        Peak = peak;
        TotalSteps = totalSteps;
        WarmupSteps = (int)Math.Ceiling(warmupRatio * totalSteps);
        if (_options.Kind == ScheduleKind.WarmupStableDecay)
        {
            _decaySteps = Math.Min((int)Math.Ceiling(Math.Round(_options.DecayRatio * totalSteps, 9)), totalSteps - WarmupSteps);
        }
    }

    /// <summary>Gets the highest learning rate.</summary>
    public double Peak { get; }

    /// <summary>Gets how it goes on behind the warm-up.</summary>
    public ScheduleKind Kind => _options.Kind;

    /// <summary>Gets the number of optimizer steps in all.</summary>
    public int TotalSteps { get; }

    /// <summary>Gets the number of steps in which the rate rises.</summary>
    public int WarmupSteps { get; }

    /// <summary>The learning rate of a step.</summary>
    /// <param name="step">From 0; beyond the last step the rate stays as at the end.</param>
    public double At(int step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        step = Math.Min(step, TotalSteps);
        return Peak * (step < WarmupSteps ? Warmup(step) : step >= TotalSteps && WarmupSteps >= TotalSteps ? AtEnd() : Behind(step));
    }

    private static double AboveFloor(double share, double floor) => Math.Max(0, (share * (1 - floor)) + floor);

    private static double Cosine(double progress, double cycles) => 0.5 * (1 + Math.Cos(Math.PI * 2 * cycles * progress));

    private double Warmup(int step) => _options.Kind switch
    {
        ScheduleKind.WarmupStableDecay => AboveFloor((double)step / WarmupSteps, _options.FloorRatio),
        ScheduleKind.CosineWarmupWithFloor => WarmupSteps == 1 ? 1 : AboveFloor((double)step / (WarmupSteps - 1), _options.WarmupStartRatio),
        _ => (double)step / WarmupSteps,
    };

    /// <summary>What is left where all steps belonged to the warm-up.</summary>
    private double AtEnd() => _options.Kind is ScheduleKind.Constant or ScheduleKind.InverseSqrt ? 1 : _options.FloorRatio;

    private double Behind(int step)
    {
        double progress = (double)(step - WarmupSteps) / (TotalSteps - WarmupSteps);
        return _options.Kind switch
        {
            ScheduleKind.Linear => 1 - progress,
            ScheduleKind.Cosine => AboveFloor(Cosine(progress, _options.Cycles ?? 0.5), _options.FloorRatio),
            ScheduleKind.CosineWithRestarts => progress >= 1 ? 0 : Cosine(progress * (_options.Cycles ?? 1) % 1, 0.5),
            ScheduleKind.Polynomial => AboveFloor(Math.Pow(1 - progress, _options.Power), _options.FloorRatio),
            ScheduleKind.InverseSqrt => InverseSqrt(step),
            ScheduleKind.WarmupStableDecay => Decay(step),
            ScheduleKind.CosineWarmupWithFloor => AboveFloor(Cosine(Math.Min(1, progress + (1.0 / (TotalSteps - WarmupSteps))), 0.5), _options.FloorRatio),
            _ => 1,
        };
    }

    private double InverseSqrt(int step)
    {
        int timescale = _options.Timescale ?? (WarmupSteps > 0 ? WarmupSteps : UsualTimescale);
        return 1 / Math.Sqrt((double)(step + timescale - WarmupSteps) / timescale);
    }

    private double Decay(int step)
    {
        int left = TotalSteps - step;
        if (left > _decaySteps)
        {
            return 1;
        }

        double progress = _decaySteps == 0 ? 1 : 1 - ((double)left / _decaySteps);
        return AboveFloor(
            _options.Decay switch
            {
                DecayShape.Linear => 1 - progress,
                DecayShape.OneMinusSqrt => 1 - Math.Sqrt(progress),
                _ => Cosine(progress, 0.5),
            },
            _options.FloorRatio);
    }
}
