namespace MLNet.Dispersion;

/// <summary>How the learning rate goes on behind its warm-up, under the names of Hugging Face's trainer (in brackets).</summary>
public enum ScheduleKind
{
    /// <summary>Half a cosine down to the floor, the published recipe's (<c>cosine</c>, <c>cosine_with_min_lr</c>).</summary>
    Cosine,

    /// <summary>A straight line down to 0 (<c>linear</c>).</summary>
    Linear,

    /// <summary>Several half cosines one behind the other, each from the peak down to 0 (<c>cosine_with_restarts</c>).</summary>
    CosineWithRestarts,

    /// <summary>A power of the share of steps that are left, down to the floor (<c>polynomial</c>).</summary>
    Polynomial,

    /// <summary>The peak to the end (<c>constant_with_warmup</c>; <c>constant</c> with a <see cref="FineTuneOptions.WarmupRatio"/> of 0).</summary>
    Constant,

    /// <summary>One over the root of the step (<c>inverse_sqrt</c>).</summary>
    InverseSqrt,

    /// <summary>The peak until the last share of steps, which goes down to the floor; the warm-up begins at the floor (<c>warmup_stable_decay</c>).</summary>
    WarmupStableDecay,

    /// <summary>Half a cosine down to the floor one step early, behind a warm-up that begins above 0 and reaches the peak in its last step (<c>cosine_warmup_with_min_lr</c>).</summary>
    CosineWarmupWithFloor,
}
