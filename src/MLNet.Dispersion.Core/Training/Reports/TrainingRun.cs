namespace MLNet.Dispersion;

/// <summary>What an <see cref="ITrainingObserver"/> may look at.</summary>
public sealed class TrainingRun
{
    private readonly Func<int> _step;

    internal TrainingRun(LanguageBackbone backbone, IReadOnlyList<int[]> sequences, int totalSteps, Func<int> step, CancellationToken cancellation)
    {
        Backbone = backbone;
        Sequences = sequences;
        TotalSteps = totalSteps;
        CancellationToken = cancellation;
        _step = step;
    }

    /// <summary>Gets the backbone that is trained: in training mode, and for the run alone. Whoever runs it puts it into evaluation mode and back.</summary>
    public LanguageBackbone Backbone { get; }

    /// <summary>Gets the number of rows, those held out included.</summary>
    public required int RowCount { get; init; }

    /// <summary>Gets how many texts are longer than the model reads, and were cut off.</summary>
    public int TruncatedTexts { get; init; }

    /// <summary>Gets what speaks against the options by what was measured, with the cure; null where nothing does.</summary>
    public string? Advice { get; init; }

    /// <summary>Gets the token ids of all rows, those held out included; a row of several texts has several.</summary>
    public IReadOnlyList<int[]> Sequences { get; }

    /// <summary>Gets the numbers of the run, those of the options where they name one, else the defaults for its rows and weights.</summary>
    public required FineTuneDefaults Numbers { get; init; }

    /// <summary>Gets the number of this process among those that train together (<see cref="FineTuneOptions.Distributed"/>), from 0; 0 where it trains alone. Observers of all ranks see the same weights and figures.</summary>
    public int Rank { get; init; }

    /// <summary>Gets the optimizer steps planned.</summary>
    public int TotalSteps { get; }

    /// <summary>Gets the optimizer steps done.</summary>
    public int Step => _step();

    /// <summary>Gets the token that cancels training (<see cref="FineTuneOptions.CancellationToken"/>), for observers that take their time.</summary>
    public CancellationToken CancellationToken { get; }
}
