using TorchSharp;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Arithmetic between tensors and numbers that no garbage collection can disturb.</summary>
/// <remarks>
/// TorchSharp 0.107.0 turns every number operand into a native <see cref="Scalar"/> that nothing refers to any more once its handle has been read:
/// a collection started by another thread may free it while the native call still reads it, which gives a wrong value or an exception. Its
/// <c>tensor + tensor</c> and <c>add</c> hide one too (the factor 1), and <c>square()</c> another (the power 2). Here every such operand is held
/// until the call has returned. The core does its arithmetic through this class alone, and a test reads the compiled code to see that it does.
/// Results belong to the caller's dispose scope; names that end in InPlace change the tensor and return it.
/// </remarks>
internal static class TensorNumbers
{
    private static readonly Scalar One = 1;

    /// <summary>The value of a scalar tensor of any type, read off its device.</summary>
    public static double ToDouble(this Tensor scalar)
    {
        using Tensor host = scalar.cpu();
        using Tensor wide = host.to(ScalarType.Float64);
        return wide.item<double>();
    }

    /// <summary>A tensor's values of any type, without their gradient, read off its device in float64.</summary>
    public static double[] ToDoubles(this Tensor values)
    {
        using Tensor detached = values.detach();
        using Tensor host = detached.cpu();
        using Tensor wide = host.to(ScalarType.Float64);
        return wide.data<double>().ToArray();
    }

    public static Tensor Plus(this Tensor left, Tensor right) => left.add(right, One);

    public static Tensor PlusInPlace(this Tensor left, Tensor right) => left.add_(right, One);

    /// <summary>Adds <paramref name="factor"/> times <paramref name="right"/>.</summary>
    public static Tensor PlusInPlace(this Tensor left, Tensor right, double factor)
    {
        using Scalar held = factor;
        return left.add_(right, held);
    }

    public static Tensor Plus(this Tensor left, double number)
    {
        using Scalar held = number;
        return left.add(held, One);
    }

    public static Tensor PlusInPlace(this Tensor left, double number)
    {
        using Scalar held = number;
        return left.add_(held, One);
    }

    public static Tensor Minus(this Tensor left, double number)
    {
        using Scalar held = number;
        return left.sub(held);
    }

    public static Tensor Times(this Tensor left, double number)
    {
        using Scalar held = number;
        return left.mul(held);
    }

    public static Tensor TimesInPlace(this Tensor left, double number)
    {
        using Scalar held = number;
        return left.mul_(held);
    }

    public static Tensor Over(this Tensor left, double number)
    {
        using Scalar held = number;
        return left.div(held);
    }

    public static Tensor OverInPlace(this Tensor left, double number)
    {
        using Scalar held = number;
        return left.div_(held);
    }

    /// <summary>Adds rows <c>[N, F]</c> to those of the given indices <c>[N]</c>.</summary>
    public static Tensor AddRowsInPlace(this Tensor table, Tensor indices, Tensor rows) => table.index_add_(0, indices, rows, One);

    /// <summary>The entries times themselves.</summary>
    public static Tensor Squared(this Tensor values) => values.mul(values);

    /// <summary>Adds <paramref name="factor"/> times the product of two tensors.</summary>
    public static Tensor PlusProductInPlace(this Tensor left, Tensor first, Tensor second, double factor)
    {
        using Scalar held = factor;
        return left.addcmul_(first, second, held);
    }

    /// <summary>Adds <paramref name="factor"/> times the quotient of two tensors.</summary>
    public static Tensor PlusQuotientInPlace(this Tensor left, Tensor dividend, Tensor divisor, double factor)
    {
        using Scalar held = factor;
        return left.addcdiv_(dividend, divisor, held);
    }

    public static Tensor Clamped(this Tensor values, double least, double most)
    {
        using Scalar from = least;
        using Scalar to = most;
        return values.clamp(from, to);
    }

    public static Tensor ClampInPlace(this Tensor values, double least, double most)
    {
        using Scalar from = least;
        using Scalar to = most;
        return values.clamp_(from, to);
    }

    public static Tensor AtLeast(this Tensor values, double least)
    {
        using Scalar held = least;
        return values.clamp_min(held);
    }

    /// <summary>The values with a number wherever <paramref name="mask"/> is true.</summary>
    public static Tensor Masked(this Tensor values, Tensor mask, double number)
    {
        using Scalar held = number;
        return values.masked_fill(mask, held);
    }

    /// <inheritdoc cref="Masked"/>
    public static Tensor MaskInPlace(this Tensor values, Tensor mask, double number)
    {
        using Scalar held = number;
        return values.masked_fill_(mask, held);
    }

    public static Tensor FillInPlace(this Tensor values, double number)
    {
        using Scalar held = number;
        return values.fill_(held);
    }

    /// <summary>Where an entry is the number.</summary>
    public static Tensor Is(this Tensor values, double number)
    {
        using Scalar held = number;
        return values.eq(held);
    }

    /// <summary>Whole numbers plus a whole number.</summary>
    public static Tensor Shifted(this Tensor values, long number)
    {
        using Scalar held = number;
        return values.add(held, One);
    }

    /// <summary>Where an entry is below the number.</summary>
    public static Tensor Below(this Tensor values, double number)
    {
        using Scalar held = number;
        return values.lt(held);
    }

    /// <summary>0, 1, 2, … in int64, <c>[count]</c>. Torch's own range hides three numbers.</summary>
    internal static Tensor Range(long count, Device device) => tensor([.. Enumerable.Range(0, (int)count).Select(number => (long)number)], device: device);
}
