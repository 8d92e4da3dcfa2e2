namespace MLNet.Dispersion;

/// <summary>A linear layer's weights where they lie in memory.</summary>
internal sealed unsafe class DecodeMatrix
{
    /// <summary>The weights: float32, or bfloat16 where <see cref="IsHalf"/>.</summary>
    internal required void* Weights { get; init; }

    /// <summary>Whether the weights are bfloat16.</summary>
    internal required bool IsHalf { get; init; }

    /// <summary>Numbers that go in.</summary>
    internal required int Inputs { get; init; }

    /// <summary>Numbers that come out.</summary>
    internal required int Outputs { get; init; }

    /// <summary>Whether the weights are stored <c>[in, out]</c>.</summary>
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
    internal void Project(DecodeKernels kernels, float* x, int rows, int xStride, float* middle, int middleStride) =>
        kernels.ByRows(Down, false, Rank, Inputs, x, rows, xStride, middle, middleStride);

    /// <summary>Some outputs of each input, bias and all.</summary>
    /// <param name="kernels">The loops.</param>
    /// <param name="first">The first of those outputs.</param>
    /// <param name="count">How many.</param>
    /// <param name="x">The inputs.</param>
    /// <param name="rows">How many.</param>
    /// <param name="xStride">From one input to the next.</param>
    /// <param name="y">The outputs of the first input.</param>
    /// <param name="yStride">From one input's outputs to the next's.</param>
    /// <param name="middle">What <see cref="Project"/> gave of the first input; without meaning where there is no adapter.</param>
    /// <param name="middleStride">From one input's numbers there to the next's.</param>
    internal void Multiply(DecodeKernels kernels, int first, int count, float* x, int rows, int xStride, float* y, int yStride, float* middle, int middleStride)
    {
        int size = IsHalf ? sizeof(ushort) : sizeof(float);
        float* to = y + first;
        if (IsInputsFirst)
        {
            kernels.ByColumns((byte*)Weights + ((long)first * size), IsHalf, count, Outputs, Inputs, x, rows, xStride, to, yStride);
        }
        else
        {
            kernels.ByRows((byte*)Weights + ((long)first * Inputs * size), IsHalf, count, Inputs, x, rows, xStride, to, yStride);
        }

        for (int row = 0; row < rows; row++, to += yStride)
        {
            if (Bias is not null)
            {
                kernels.AddScaled(Bias + first, 1, to, count);
            }

            for (int output = 0; Rank > 0 && output < count; output++)
            {
                float* up = Up + ((long)(first + output) * Rank);
                float* through = middle + ((long)row * middleStride);
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
