namespace MLNet.Dispersion.Text;

/// <summary>A part of a text.</summary>
/// <param name="Start">Where it begins, in UTF-16 units.</param>
/// <param name="End">Where it ends, exclusive, in UTF-16 units.</param>
public readonly record struct ChatSpan(int Start, int End);
