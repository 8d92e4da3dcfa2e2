using Microsoft.ML;

namespace MLNet.Dispersion.Search.Tests.AutoMLStandIn;

// Not Microsoft.ML.AutoML: the shape of the few members that the pattern touches, since that package cannot be referenced beside ours.
internal interface ITrialRunner
{
    TrialResult Run(TrialSettings settings);
}

internal sealed class TrialSettings
{
    public int TrialId { get; init; }

    public required Dictionary<string, object> Parameter { get; init; }
}

internal sealed class TrialResult
{
    public required TrialSettings TrialSettings { get; init; }

    public required ITransformer Model { get; init; }

    public double Metric { get; init; }

    public double Loss { get; init; }
}
