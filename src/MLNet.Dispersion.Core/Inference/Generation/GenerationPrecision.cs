namespace MLNet.Dispersion;

/// <summary>The number type in which the library's own decoder holds matrices while it writes. All else, sums included, is float32.</summary>
public enum GenerationPrecision
{
    /// <summary>The model's own float32 weights, without a copy.</summary>
    Float32,

    /// <summary>Bfloat16: half of the memory traffic, by which writing is bound, and a copy of half the model's size beside it. Exact where a checkpoint was published in bfloat16, as most are, and in no matrix was trained since; else each weight keeps 8 significant bits.</summary>
    BFloat16,
}
