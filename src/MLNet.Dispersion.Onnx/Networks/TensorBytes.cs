using static TorchSharp.torch;

namespace MLNet.Dispersion.Onnx;

/// <summary>Puts the numbers of tensors into files.</summary>
internal static class TensorBytes
{
    /// <summary>What stands for 0 among whole numbers.</summary>
    internal const int Middle = 128;

    /// <summary>The largest whole number above or below it.</summary>
    internal const int Levels = 127;

    // So that no piece is longer than an array may be.
    private const long Piece = 1 << 26;

    /// <summary>Writes all numbers in the tensor's own type.</summary>
    internal static void Write(Stream stream, Tensor values)
    {
        using var scope = NewDisposeScope();
        Tensor flat = values.detach().cpu().contiguous().flatten();
        for (long start = 0; start < flat.shape[0]; start += Piece)
        {
            using Tensor piece = flat.narrow(0, start, Math.Min(Piece, flat.shape[0] - start)).clone();
            stream.Write(piece.bytes);
        }
    }

    /// <summary>Rounds to float16.</summary>
    /// <exception cref="ArgumentException">A number is beyond its range.</exception>
    internal static Tensor Halved(Tensor values, string name)
    {
        Tensor narrow = values.to(ScalarType.Float16);
        return narrow.isinf().any().item<bool>()
            ? throw new ArgumentException($"The weight {Printable.Name(name)} has numbers beyond the range of float16 (65504). Save with OnnxWeightType.Float32 or Int8.")
            : narrow;
    }

    /// <summary>Whole numbers from 1 to 255 around 128, and what each row of them is multiplied by: <c>[R, C]</c> to the same and <c>[R]</c>.</summary>
    internal static (Tensor Whole, Tensor Scale) Quantized(Tensor rows)
    {
        var (count, columns) = (rows.shape[0], (int)rows.shape[1]);
        var whole = new byte[count * columns];
        var scales = new float[count];
        for (int row = 0; row < count; row++)
        {
            using Tensor one = rows.select(0, row).detach().cpu().contiguous();
            ReadOnlySpan<float> numbers = one.data<float>().ToArray();
            float largest = 0;
            foreach (float number in numbers)
            {
                largest = Math.Max(largest, Math.Abs(number));
            }

            scales[row] = largest == 0 ? 1 : largest / Levels;
            for (int column = 0; column < columns; column++)
            {
                whole[((long)row * columns) + column] = (byte)(Middle + MathF.Round(numbers[column] / scales[row]));
            }
        }

        return (tensor(whole, [count, columns]), tensor(scales));
    }
}
