using System.Diagnostics.CodeAnalysis;

namespace MLNet.Dispersion;

/// <summary>How the matrices of a GGUF file are stored. Norms, biases and tables of positions are float32 in each.</summary>
public enum GgufWeightType
{
    /// <summary>32 bits a weight: the model as it is.</summary>
    F32,

    /// <summary>16 bits a weight, IEEE half precision.</summary>
    F16,

    /// <summary>16 bits a weight with the range of float32: exact for models that were published in bfloat16.</summary>
    BF16,

    /// <summary>8.5 bits a weight: whole numbers to 127 with one scale for 32 weights; rows that are no multiple of 32 long are stored as <see cref="F16"/>. The relative error of normally distributed weights is 0.0054.</summary>
    [SuppressMessage("Naming", "CA1707", Justification = "What the type is called everywhere.")]
    Q8_0,
}
