namespace MLNet.Dispersion;

/// <summary>Holds one question of a benchmark, filled into its templates. Immutable and thread-safe.</summary>
public sealed record BenchmarkItem
{
    /// <summary>Gets what messages call it.</summary>
    public required string Id { get; init; }

    /// <summary>Gets the choices: at least one, of which at least one is true.</summary>
    public required IReadOnlyList<BenchmarkChoice> Choices { get; init; }

    /// <summary>Gets what stands before the examples and the question. Default empty.</summary>
    public string Preamble { get; init; } = string.Empty;

    /// <summary>Gets the group: few-shot examples are taken from those of the same group only. Default null: from all.</summary>
    public string? Group { get; init; }

    /// <summary>Gets where it comes from, file and line; null when made in code. An item is never an example of itself: of the same origin.</summary>
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
