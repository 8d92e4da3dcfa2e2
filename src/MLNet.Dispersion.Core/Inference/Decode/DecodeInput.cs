namespace MLNet.Dispersion;

/// <summary>What a product reads: a row of numbers for each text.</summary>
internal unsafe struct DecodeInput
{
    /// <summary>The numbers.</summary>
    internal float* Numbers;

    /// <summary>From one row to the next.</summary>
    internal int Stride;

    /// <summary>Rows.</summary>
    internal int Rows;

    /// <summary>The same rows as <see cref="BlockProducts.Round"/> makes them, one behind the other; without meaning where no matrix is in blocks.</summary>
    internal byte* Rounded;

    /// <summary>What the adapters' first matrices made of them; without meaning where there are none.</summary>
    internal float* Middle;

    /// <summary>From one row there to the next.</summary>
    internal int MiddleStride;
}
