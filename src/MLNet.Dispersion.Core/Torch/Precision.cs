namespace MLNet.Dispersion;

/// <summary>The number type of matrix products and attention; weights, norms, losses and the optimizer are float32 in every case.</summary>
public enum Precision
{
    /// <summary>BFloat16 products where the processor has them in hardware, else float32 (default). On a GPU float32, since its abilities cannot be asked for: choose <see cref="BFloat16Mixed"/> where it has them.</summary>
    Auto,

    /// <summary>Everything in float32.</summary>
    Float32,

    /// <summary>BFloat16 operands, cast on the fly from float32 masters.</summary>
    BFloat16Mixed,
}
