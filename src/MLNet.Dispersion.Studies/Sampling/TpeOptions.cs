namespace MLNet.Dispersion.Studies;

/// <summary>How <see cref="TpeSampler"/> searches.</summary>
public sealed record TpeOptions
{
    /// <summary>Gets how many trials are spread evenly (Sobol) before anything is learned from them; at least 1. Default 10, as usual.</summary>
    public int StartupTrials { get; init; } = 10;

    /// <summary>Gets how many points are drawn where good trials are dense, of which the most promising one is taken; at least 1. Default 24, as in Bergstra et al. 2011 (NeurIPS 24).</summary>
    public int Candidates { get; init; } = 24;

    /// <summary>Gets the share of trials that count as good, above 0 and below 1. Default 0.1, as in optuna.</summary>
    public double GoodShare { get; init; } = 0.1;

    /// <summary>Gets how many trials count as good at the most, at least 1. Default 25, as in optuna: more would blur where the best lie.</summary>
    public int MostGood { get; init; } = 25;

    internal void Validate()
    {
        Check(StartupTrials >= 1, nameof(StartupTrials), StartupTrials, "at least 1");
        Check(Candidates >= 1, nameof(Candidates), Candidates, "at least 1");
        Check(MostGood >= 1, nameof(MostGood), MostGood, "at least 1");
        Check(GoodShare is > 0 and < 1, nameof(GoodShare), GoodShare, "above 0 and below 1");
    }

    private static void Check(bool valid, string name, double value, string limit)
    {
        if (!valid)
        {
            throw new ArgumentOutOfRangeException(name, value, FormattableString.Invariant($"TpeOptions.{name} is {value}; it must be {limit}."));
        }
    }
}
