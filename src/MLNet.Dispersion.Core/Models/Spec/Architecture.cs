namespace MLNet.Dispersion.Models;

/// <summary>What a family reads from a config.json: how the network is made, and what its tensors are called.</summary>
/// <param name="Spec">How the network is made.</param>
/// <param name="Names">What its tensors are called.</param>
public sealed record Architecture(TransformerSpec Spec, WeightNames Names)
{
    /// <summary>Gets numbers that other readers want to see in a config.json and that Hugging Face's newer libraries leave out, such as GPT-2's <c>n_ctx</c>: a saved config.json that lacks them gets them. Default none.</summary>
    public IReadOnlyDictionary<string, double> SavedNumbers { get; init; } = new Dictionary<string, double>();

    /// <summary>Gets the heads of tasks that files of the family may hold beside the network, those that are tried first in front; empty (default) for none.</summary>
    public IReadOnlyList<HeadSpec> Heads { get; init; } = [];
}
