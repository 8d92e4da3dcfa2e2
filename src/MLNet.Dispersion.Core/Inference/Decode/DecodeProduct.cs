namespace MLNet.Dispersion;

/// <summary>Layers that read the same numbers, multiplied at once: their outputs lie behind each other in a row.</summary>
internal sealed class DecodeProduct
{
    /// <summary>Weights of a piece at least: fewer are read faster than another thread is asked.</summary>
    private const int LeastPiece = 1 << 14;

    /// <summary>So many pieces that threads of unequal speed end together.</summary>
    private const int Pieces = 16;

    /// <summary>Cuts are at multiples of so many outputs.</summary>
    private const int Grain = 16;

    internal DecodeProduct(params DecodeMatrix[] layers)
    {
        long all = layers.Sum(layer => (long)layer.Outputs * layer.Inputs);
        var parts = new List<Part>();
        foreach (DecodeMatrix layer in layers)
        {
            long least = Math.Max(LeastPiece, all / Pieces) / layer.Inputs;
            int size = (int)Math.Min(layer.Outputs, (least + Grain) / Grain * Grain);
            for (int first = 0; first < layer.Outputs; first += size)
            {
                parts.Add(new Part(layer, Width, MiddleWidth, first, Math.Min(size, layer.Outputs - first)));
            }

            Width += layer.Outputs;
            MiddleWidth += layer.Rank;
        }

        Parts = [.. parts];
        RoundedLength = layers.Any(layer => BlockProducts.Has(layer.Type)) ? layers[0].Inputs : 0;
    }

    /// <summary>Numbers of a row of outputs.</summary>
    internal int Width { get; }

    /// <summary>The pieces of the work.</summary>
    internal Part[] Parts { get; }

    /// <summary>Numbers between the matrices of the adapters of all layers.</summary>
    internal int MiddleWidth { get; }

    /// <summary>Numbers of an input where a layer reads it rounded (<see cref="BlockProducts.Round"/>); else 0.</summary>
    internal int RoundedLength { get; }

    /// <summary>A piece: some outputs of a layer.</summary>
    /// <param name="Layer">The layer.</param>
    /// <param name="Offset">Where its outputs begin in a row.</param>
    /// <param name="MiddleOffset">Where the numbers between its adapter's matrices begin.</param>
    /// <param name="First">The first output.</param>
    /// <param name="Count">How many.</param>
    internal readonly record struct Part(DecodeMatrix Layer, int Offset, int MiddleOffset, int First, int Count);
}
