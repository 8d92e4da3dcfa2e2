namespace MLNet.Dispersion;

/// <summary>A text that is to be measured.</summary>
/// <param name="Index">Its place among the texts passed in, from 0.</param>
/// <param name="Ids">Its token ids, after truncation.</param>
/// <param name="Truncated">Whether it was cut.</param>
internal sealed record SampledText(long Index, int[] Ids, bool Truncated);
