namespace MLNet.Dispersion.Studies;

/// <summary>Draws each trial independently of all others. Stateless and thread-safe.</summary>
public sealed class RandomSampler : ISampler
{
    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The space is empty.</exception>
    public ParameterSet? Sample(SearchSpace space, IReadOnlyList<StudyObjective> objectives, IReadOnlyList<Trial> history, int number, long seed)
    {
        ArgumentNullException.ThrowIfNull(space);
        space.ThrowIfEmpty();
        var random = new SampleRandom(seed, number);
        return space.At(_ => random.Uniform());
    }
}
