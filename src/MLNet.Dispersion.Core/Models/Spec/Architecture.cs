namespace MLNet.Dispersion.Models;

/// <summary>What a family reads from a config.json: how the network is made, and what its tensors are called.</summary>
/// <param name="Spec">How the network is made.</param>
/// <param name="Names">What its tensors are called.</param>
public sealed record Architecture(TransformerSpec Spec, WeightNames Names);
