namespace MLNet.Dispersion;

/// <summary>A linear layer's weights where they lie in memory.</summary>
internal sealed unsafe class DecodeMatrix
{
    /// <summary>The weights.</summary>
    internal required void* Weights { get; init; }

    /// <summary>How they are stored: F32, BF16, or in blocks that <see cref="BlockProducts"/> has.</summary>
    internal required GgufType Type { get; init; }

    /// <summary>Numbers that go in.</summary>
    internal required int Inputs { get; init; }

    /// <summary>Numbers that come out.</summary>
    internal required int Outputs { get; init; }

    /// <summary>Whether the weights are stored <c>[in, out]</c>; blocks never are.</summary>
    internal required bool IsInputsFirst { get; init; }

    /// <summary>What is added to the products, float32; null for nothing.</summary>
    internal float* Bias { get; init; }

    /// <summary>A of an adapter, <c>[rank, in]</c>, float32; null for none.</summary>
    internal float* Down { get; init; }

    /// <summary>B of an adapter, <c>[out, rank]</c>, float32.</summary>
    internal float* Up { get; init; }

    /// <summary>The adapter's rank.</summary>
    internal int Rank { get; init; }

    /// <summary>What B A is multiplied by.</summary>
    internal float UpdateScale { get; init; }

    /// <summary>What an adapter's A makes of each input, <see cref="Rank"/> numbers each.</summary>
    /// <param name="kernels">The loops.</param>
    /// <param name="input">The inputs.</param>
    /// <param name="middleOffset">Where those numbers begin among <see cref="DecodeInput.Middle"/>.</param>
    internal void Project(DecodeKernels kernels, in DecodeInput input, int middleOffset) =>
        kernels.ByRows(Down, false, Rank, Inputs, input.Numbers, input.Rows, input.Stride, input.Middle + middleOffset, input.MiddleStride);

    /// <summary>Some outputs of each input, bias and all.</summary>
    /// <param name="kernels">The loops.</param>
    /// <param name="first">The first of those outputs.</param>
    /// <param name="count">How many.</param>
    /// <param name="input">The inputs.</param>
    /// <param name="middleOffset">Where what <see cref="Project"/> gave begins.</param>
    /// <param name="y">The outputs of the first input.</param>
    /// <param name="yStride">From one input's outputs to the next's.</param>
    internal void Multiply(DecodeKernels kernels, int first, int count, in DecodeInput input, int middleOffset, float* y, int yStride)
    {
        bool isHalf = Type == GgufType.BF16;
        int size = GgufBlocks.Bytes(Type);
        float* to = y + first;
        if (BlockProducts.Has(Type))
        {
            BlockProducts.Multiply(Type, (byte*)Weights + ((long)first * (Inputs / BlockProducts.Block) * size), count, Inputs, input.Rounded, input.Rows, to, yStride);
        }
        else if (IsInputsFirst)
        {
            kernels.ByColumns((byte*)Weights + ((long)first * size), isHalf, count, Outputs, Inputs, input.Numbers, input.Rows, input.Stride, to, yStride);
        }
        else
        {
            kernels.ByRows((byte*)Weights + ((long)first * Inputs * size), isHalf, count, Inputs, input.Numbers, input.Rows, input.Stride, to, yStride);
        }

        for (int row = 0; row < input.Rows; row++, to += yStride)
        {
            if (Bias is not null)
            {
                kernels.AddScaled(Bias + first, 1, to, count);
            }

            for (int output = 0; Rank > 0 && output < count; output++)
            {
                float* up = Up + ((long)(first + output) * Rank);
                float* through = input.Middle + middleOffset + ((long)row * input.MiddleStride);
                float sum = 0;
                for (int k = 0; k < Rank; k++)
                {
                    sum += up[k] * through[k];
                }

                to[output] += sum * UpdateScale;
            }
        }
    }
}
