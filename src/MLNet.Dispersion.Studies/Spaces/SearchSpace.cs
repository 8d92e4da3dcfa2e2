namespace MLNet.Dispersion.Studies.Spaces;

/// <summary>The parameters that a study varies, in order. Immutable and thread-safe: each method returns a larger space.</summary>
public sealed partial class SearchSpace
{
    private SearchSpace(IReadOnlyList<SearchParameter> parameters) => Parameters = parameters;

    /// <summary>No parameter: where a space begins. A study refuses it.</summary>
    public static SearchSpace Empty { get; } = new([]);

    /// <summary>The parameters; a conditional one comes after the one it depends on.</summary>
    public IReadOnlyList<SearchParameter> Parameters { get; }
}
