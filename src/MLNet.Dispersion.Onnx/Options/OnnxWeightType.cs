namespace MLNet.Dispersion;

/// <summary>How an ONNX file stores the matrices of a model. Vectors, such as biases and the weights of norms, and the last layer of a classifier are float32 in all of them.</summary>
public enum OnnxWeightType
{
    /// <summary>32 bits: scores are the library's own up to rounding.</summary>
    Float32,

    /// <summary>16 bits, computed with in float32: half of the file, and what rounding the weights takes away.</summary>
    Float16,

    /// <summary>
    /// 8 bits with a scale for each output, products of whole numbers: what meets a matrix is made whole on the way, each token's features with a scale of their own, so that a text's numbers do not depend on what stands beside it
    /// (but for the rounding of float32, which may move a feature to the next whole number). A quarter of the file; docs/how-to/onnx.md says what it costs.
    /// </summary>
    Int8,
}
