namespace MLNet.Dispersion.Studies.Spaces;

/// <summary>One dimension of a search space. Immutable and thread-safe.</summary>
public abstract class SearchParameter
{
    private protected SearchParameter(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Name = name;
    }

    /// <summary>Its name, unique in the space.</summary>
    public string Name { get; }
}
