namespace MLNet.Dispersion.Models;

/// <summary>Says how scores fall with the distance of two tokens (ALiBi, Press et al. 2022, arXiv 2108.12409): the score of a key at place j gets slope times j, the slopes of H heads being powers of 2^(-8/H).</summary>
/// <param name="Scale">What this is multiplied by. Above 0; 1 for the paper's.</param>
/// <param name="IsRounded">Whether slopes and their products with places are rounded to bfloat16, as Falcon's are.</param>
public sealed record AlibiSpec(double Scale = 1, bool IsRounded = false);
