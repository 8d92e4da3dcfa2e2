using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>Rotary position embedding in the half-rotation form of Hugging Face, on the first <c>dimensions</c> features of each head.</summary>
internal sealed class RotaryEmbedding
{
    private readonly int _dimensions;
    private readonly float[] _inverseFrequencies;

    internal RotaryEmbedding(int dimensions, double theta, RopeScaling? scaling = null)
    {
        _dimensions = dimensions;
        _inverseFrequencies = [.. Enumerable.Range(0, dimensions / 2).Select(i => (float)Scaled(1 / Math.Pow(theta, 2.0 * i / dimensions), scaling))];
    }

    /// <summary>Cosines and sines of the positions of tokens <c>[B, L]</c>, float32: made once a forward pass.</summary>
    /// <returns>Each <c>[L, dimensions]</c>, the same for all rows, or <c>[B, 1, L, dimensions]</c> where a pass says where its rows stand.</returns>
    internal (Tensor Cosine, Tensor Sine) Tables(Tensor inputIds, CachedPass? pass) => pass is null
        ? Tables(tensor([.. Enumerable.Range(0, (int)inputIds.shape[1]).Select(i => (float)i)], device: inputIds.device))
        : Tables(pass.Positions(inputIds.device).to(ScalarType.Float32).unsqueeze(1));

    private (Tensor Cosine, Tensor Sine) Tables(Tensor positions)
    {
        var angles = positions.unsqueeze(-1).mul(tensor(_inverseFrequencies, device: positions.device));
        angles = cat([angles, angles], -1);
        return (angles.cos(), angles.sin());
    }

    /// <summary>Rotates queries or keys <c>[B, H, L, D]</c>; float32 comes out.</summary>
    internal Tensor Rotate(Tensor value, (Tensor Cosine, Tensor Sine) tables)
    {
        var full = value.to(ScalarType.Float32);
        long size = full.shape[^1];
        var turning = size == _dimensions ? full : full.narrow(-1, 0, _dimensions);
        int half = _dimensions / 2;
        var swapped = cat([turning.narrow(-1, half, half).neg(), turning.narrow(-1, 0, half)], -1);
        var turned = turning.mul(tables.Cosine).Plus(swapped.mul(tables.Sine));
        return size == _dimensions ? turned : cat([turned, full.narrow(-1, _dimensions, size - _dimensions)], -1);
    }

    /// <summary>Llama 3's rule: long waves are stretched, short ones left, those between blended.</summary>
    private static double Scaled(double frequency, RopeScaling? scaling)
    {
        if (scaling is null)
        {
            return frequency;
        }

        double waves = scaling.OriginalContextLength * frequency / (2 * Math.PI);
        double blend = Math.Clamp((waves - scaling.LowFrequencyFactor) / (scaling.HighFrequencyFactor - scaling.LowFrequencyFactor), 0, 1);
        return ((1 - blend) * frequency / scaling.Factor) + (blend * frequency);
    }
}
