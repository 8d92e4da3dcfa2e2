namespace MLNet.Dispersion;

/// <summary>Rows that begin with the same tokens.</summary>
/// <param name="Rows">The rows, at least one.</param>
/// <param name="Prefix">The tokens that they share; 0 for a row alone.</param>
internal readonly record struct PrefixGroup(int[] Rows, int Prefix);
