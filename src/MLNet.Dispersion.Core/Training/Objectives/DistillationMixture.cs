namespace MLNet.Dispersion;

/// <summary>How a distilling loss is put together.</summary>
/// <param name="Temperature">By what logits are divided; above 0.</param>
/// <param name="Share">The share of the divergence from the teacher; 0..1.</param>
internal readonly record struct DistillationMixture(double Temperature, double Share);
