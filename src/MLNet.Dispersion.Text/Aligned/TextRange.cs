namespace MLNet.Dispersion.Text;

/// <summary>A part of a text.</summary>
/// <param name="Start">Where it begins, in UTF-16 units unless something else is said.</param>
/// <param name="End">Where it ends: behind its last unit.</param>
public readonly record struct TextRange(int Start, int End);
