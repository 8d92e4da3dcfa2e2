namespace MLNet.Dispersion.Studies;

/// <summary>Covers the space evenly with a scrambled Sobol sequence, one coordinate a parameter. Stateless and thread-safe.</summary>
public sealed class SobolSampler : ISampler
{
    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The space is empty.</exception>
    public ParameterSet? Sample(SearchSpace space, IReadOnlyList<StudyObjective> objectives, IReadOnlyList<Trial> history, int number, long seed)
    {
        ArgumentNullException.ThrowIfNull(space);
        space.ThrowIfEmpty();
        int index = SampledTrials.IndexOf(history, number);
        var sequence = new SobolSequence(seed);
        Dictionary<string, int> dimensions = space.Parameters.Index().ToDictionary(pair => pair.Item.Name, pair => pair.Index);
        return space.At(parameter => sequence.At(index, dimensions[parameter.Name]));
    }
}
