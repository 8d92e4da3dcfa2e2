namespace MLNet.Dispersion;

/// <summary>How benchmarks are run.</summary>
/// <remarks>Not thread-safe while it is edited; it is copied when the run starts.</remarks>
public sealed class EvaluationOptions : IOptions
{
    /// <summary>Gets or sets what the result calls the model. Default null: the model's own name.</summary>
    public string? ModelName { get; set; }

    /// <summary>Gets or sets the most items of a task, a uniform sample drawn with <see cref="Seed"/> unless <see cref="FirstItems"/> is set. Default null: all. At least 1.</summary>
    public int? MaxItems { get; set; }

    /// <summary>Gets or sets whether <see cref="MaxItems"/> takes the first items of a task, as the usual harnesses do, instead of a uniform sample. Default false: files are often sorted, by subject or difficulty, and their beginning is no fair sample.</summary>
    public bool FirstItems { get; set; }

    /// <summary>Gets or sets what choices count that tie for the highest score exactly. Default <see cref="TieRule.Shared"/>.</summary>
    public TieRule Ties { get; set; }

    /// <summary>Gets or sets how many solved examples stand before each question, for every task. Default null: what the task says. At least 0; above 0 every task must have examples.</summary>
    public int? FewShot { get; set; }

    /// <summary>Gets or sets the seed of samples and few-shot examples: the same seed and files give the same prompts on every machine. An item's examples do not depend on <see cref="MaxItems"/>. Default 0.</summary>
    public int Seed { get; set; }

    /// <summary>Gets or sets the most tokens of a question with its choice; longer ones lose tokens on the left, counted in the result. Default null: the model's context length and the one token that it predicts. At least 2.</summary>
    public int? MaxTokens { get; set; }

    /// <summary>Gets or sets the most sequences of one forward pass. Default 64. At least 1. Results do not depend on it beyond rounding.</summary>
    public int BatchSize { get; set; } = 64;

    /// <summary>Gets or sets the most tokens of one forward pass, padding included; a longer sequence has a pass to itself. Default 8192. At least 1.</summary>
    public int MaxBatchTokens { get; set; } = 8192;

    /// <summary>Gets or sets who is told every single answer, in the order of items and choices, on the running thread, once a task is scored. Default null.</summary>
    public IProgress<BenchmarkAnswer>? Answers { get; set; }

    /// <summary>Gets or sets who is told about every forward pass, on the running thread. Default null.</summary>
    public IProgress<EvaluationProgress>? Progress { get; set; }

    /// <summary>Gets or sets the token that is checked before each item is encoded and before each forward pass.</summary>
    public CancellationToken CancellationToken { get; set; }

    /// <summary>Makes a copy, which later edits do not reach.</summary>
    public EvaluationOptions Clone() => (EvaluationOptions)MemberwiseClone();

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is outside its range; the message names value and limit.</exception>
    public void Validate() => new Require(nameof(EvaluationOptions)).Options(this);

    /// <inheritdoc/>
    void IOptions.Check(Require require)
    {
        require.AtLeast(MaxItems, 1);
        require.AtLeast(FewShot, 0);
        require.Defined(Ties);
        require.AtLeast(MaxTokens, 2);
        require.AtLeast(BatchSize, 1);
        require.AtLeast(MaxBatchTokens, 1);
    }
}
