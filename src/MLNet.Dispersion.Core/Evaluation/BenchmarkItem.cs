namespace MLNet.Dispersion;

/// <summary>One question of a benchmark, filled into its templates. Immutable and thread-safe.</summary>
/// <param name="Id">What messages call it.</param>
/// <param name="Choices">At least one, of which at least one is true.</param>
public sealed record BenchmarkItem(string Id, IReadOnlyList<BenchmarkChoice> Choices)
{
    /// <summary>What stands before the examples and the question. Default empty.</summary>
    public string Preamble { get; init; } = string.Empty;

    /// <summary>Few-shot examples are taken from those of the same group only. Default null: from all.</summary>
    public string? Group { get; init; }

    /// <summary>Where it comes from, file and line; null when made in code. An item is never an example of itself: of the same origin.</summary>
    public string? Origin { get; init; }

    /// <summary>The item as a solved example: the first true choice after its context.</summary>
    internal string Solved
    {
        get
        {
            BenchmarkChoice choice = Choices.First(c => c.IsTrue);
            return choice.Context + choice.Continuation;
        }
    }
}
