namespace MLNet.Dispersion;

/// <summary>What a pipeline is made from in one trial. Belongs to that trial.</summary>
public sealed class SearchTrial
{
    internal SearchTrial(int number, string kind, ParameterSet parameters, FineTuneOptions options) =>
        (Number, Kind, Parameters, Options) = (number, kind, parameters, options);

    /// <summary>Gets the trial's number in the study, from 0.</summary>
    public int Number { get; }

    /// <summary>Gets what it is for: <see cref="DispersionSearch.DefaultKind"/>, <see cref="DispersionSearch.WithoutDispersionKind"/>, "sampled", or "confirmation" with the trial that it confirms, the pair and the arm.</summary>
    public string Kind { get; }

    /// <summary>Gets the sampled values; of the first two kinds, the point of the space nearest to the options.</summary>
    public ParameterSet Parameters { get; }

    /// <summary>
    /// Gets the options for the pipeline's fine-tuning, with the sampled values written in (<see cref="DispersionSearchSpace.Apply"/>), the search's seed, and what the search needs to follow and stop training
    /// (<see cref="FineTuneOptions.Progress"/> and <see cref="FineTuneOptions.CancellationToken"/>: keep these). May be changed further.
    /// </summary>
    public FineTuneOptions Options { get; }
}
