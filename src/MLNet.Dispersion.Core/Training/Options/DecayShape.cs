namespace MLNet.Dispersion;

/// <summary>How the learning rate falls in the last share of steps of <see cref="ScheduleKind.WarmupStableDecay"/>.</summary>
public enum DecayShape
{
    /// <summary>Half a cosine (<c>cosine</c>).</summary>
    Cosine,

    /// <summary>A straight line (<c>linear</c>).</summary>
    Linear,

    /// <summary>One minus the root of the share that is over (<c>1-sqrt</c>): steep at first.</summary>
    OneMinusSqrt,
}
