namespace MLNet.Dispersion.Text;

/// <summary>A part of a text.</summary>
/// <param name="Start">Where it begins.</param>
/// <param name="End">Where it ends: behind its last character.</param>
public readonly record struct TextRange(int Start, int End);
