using System.Runtime.Intrinsics;

namespace MLNet.Dispersion;

/// <summary>The loops of a decoder's step over plain memory; with the widest vectors that the processor has.</summary>
/// <remarks>One row and several are summed in different orders, so a row may differ in its last digits by what stands beside it. Stateless, hence thread-safe.</remarks>
internal abstract unsafe class DecodeKernels
{
    /// <summary>Those of this processor.</summary>
    internal static DecodeKernels Best { get; } = Vector512.IsHardwareAccelerated ? new DecodeKernels<Vector512<float>, Wide16>()
        : Vector256.IsHardwareAccelerated ? new DecodeKernels<Vector256<float>, Wide8>()
        : new DecodeKernels<Vector128<float>, Wide4>();

    /// <summary>Products of some rows of a matrix with inputs: <c>y[i, r] = sum over k of w[r, k] x[i, k]</c>.</summary>
    /// <param name="weights">The first of those rows, float32 or bfloat16.</param>
    /// <param name="isHalf">Whether they are bfloat16.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="length">Numbers of a row.</param>
    /// <param name="x">The inputs, each <paramref name="length"/> long.</param>
    /// <param name="inputs">How many.</param>
    /// <param name="xStride">From one input to the next.</param>
    /// <param name="y">The outputs, overwritten.</param>
    /// <param name="yStride">From one output to the next.</param>
    internal abstract void ByRows(void* weights, bool isHalf, int rows, int length, float* x, int inputs, int xStride, float* y, int yStride);

    /// <summary>The same for some columns of a matrix that is stored inputs first: <c>y[i, c] = sum over k of w[k, c] x[i, k]</c>.</summary>
    /// <param name="weights">The first of those columns.</param>
    /// <param name="isHalf">Whether they are bfloat16.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="stride">From one row of the matrix to the next.</param>
    /// <param name="length">Rows of the matrix: numbers of an input.</param>
    /// <param name="x">The inputs.</param>
    /// <param name="inputs">How many.</param>
    /// <param name="xStride">From one input to the next.</param>
    /// <param name="y">The outputs, overwritten.</param>
    /// <param name="yStride">From one output to the next.</param>
    internal abstract void ByColumns(void* weights, bool isHalf, int columns, int stride, int length, float* x, int inputs, int xStride, float* y, int yStride);

    /// <summary><c>y += factor x</c>.</summary>
    internal abstract void AddScaled(float* x, float factor, float* y, int count);

    /// <summary><c>y *= factor</c>.</summary>
    internal abstract void Scale(float* y, float factor, int count);

    /// <summary>Normalises: x less its mean where <paramref name="isCentred"/>, over the root of its mean square and epsilon, times weights, plus biases. <paramref name="y"/> may be x.</summary>
    internal abstract void Norm(float* x, float* y, int count, bool isCentred, float epsilon, float* weights, float* biases);

    /// <summary>Activates, and multiplies by <paramref name="other"/> unless null. <paramref name="y"/> may be x.</summary>
    internal abstract void Activate(Activation activation, float* x, float* other, float* y, int count);

    /// <summary><c>scores[t] = scale (query . keys[t])</c>.</summary>
    internal abstract void Scores(float* query, float* keys, int size, int count, float scale, float* scores);

    /// <summary>Exponentials over their sum.</summary>
    internal abstract void Softmax(float* scores, int count);

    /// <summary><c>y += sum over t of weights[t] values[t]</c>.</summary>
    internal abstract void AddWeighted(float* weights, float* values, int size, int count, float* y);
}
