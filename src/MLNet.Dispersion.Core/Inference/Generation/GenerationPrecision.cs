namespace MLNet.Dispersion;

/// <summary>The number type in which the library's own decoder holds matrices while it writes. All else, sums included, is float32. Matrices that stayed in the blocks of a GGUF file (<see cref="ModelLoadOptions.KeepQuantized"/>) are read there in any case.</summary>
public enum GenerationPrecision
{
    /// <summary>The model's own float32 weights, without a copy.</summary>
    Float32,

    /// <summary>Bfloat16: half of the memory traffic, by which writing is bound, and a copy of half the model's size beside it. Exact where a checkpoint was published in bfloat16, as most are, and in no matrix was trained since; else each weight keeps 8 significant bits.</summary>
    BFloat16,

    /// <summary>
    /// 8.5 bits a weight, as GGUF's Q8_0: whole numbers to 127 with one scale for 32 weights, in a copy of a quarter of the model's size beside it; what is multiplied with them is rounded to 8 bits alike. Each product is then off by about one percent, so that
    /// texts part from those of float32 where two tokens are all but equally likely. Matrices with a number of inputs that is no multiple of 32 are held in bfloat16.
    /// </summary>
    Q8,
}
