using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>Rotary position embedding on the first features of each head, in either form of Hugging Face.</summary>
internal sealed class RotaryEmbedding
{
    private readonly RotarySpec _spec;
    private readonly int _dimensions;
    private readonly float[]? _frequencies;

    internal RotaryEmbedding(RotarySpec spec)
    {
        _spec = spec;
        _dimensions = spec.Dimensions;
        _frequencies = spec.Scaling is { IsOpenEnded: true } or { ChangesBeyond: not null } ? null : Frequencies(0);
    }

    /// <summary>Cosines and sines of the places of tokens, float32: made once a forward pass.</summary>
    /// <returns>Each <c>[L, dimensions]</c>, the same for all rows, or <c>[B, 1, L, dimensions]</c> where rows stand elsewhere.</returns>
    internal (Tensor Cosine, Tensor Sine) Tables(TokenView view)
    {
        Tensor places = view.Places is { } elsewhere ? elsewhere.to(ScalarType.Float32).unsqueeze(1) : TensorNumbers.Range(view.Columns, view.Device).to(ScalarType.Float32);
        Tensor angles = places.unsqueeze(-1).mul(tensor(_frequencies ?? Frequencies(view.Longest), device: view.Device));
        angles = _spec.IsInterleaved ? stack([angles, angles], -1).reshape([.. angles.shape[..^1], _dimensions]) : cat([angles, angles], -1);
        double factor = _spec.AttentionFactor;
        return factor == 1 ? (angles.cos(), angles.sin()) : (angles.cos().Times(factor), angles.sin().Times(factor));
    }

    /// <summary>Rotates queries or keys <c>[B, H, L, D]</c>; float32 comes out.</summary>
    internal Tensor Rotate(Tensor value, (Tensor Cosine, Tensor Sine) tables)
    {
        var full = value.to(ScalarType.Float32);
        long size = full.shape[^1];
        var turning = size == _dimensions ? full : full.narrow(-1, 0, _dimensions);
        var turned = turning.mul(tables.Cosine).Plus(Swapped(turning).mul(tables.Sine));
        return size == _dimensions ? turned : cat([turned, full.narrow(-1, _dimensions, size - _dimensions)], -1);
    }

    private Tensor Swapped(Tensor turning)
    {
        int half = _dimensions / 2;
        if (!_spec.IsInterleaved)
        {
            return cat([turning.narrow(-1, half, half).neg(), turning.narrow(-1, 0, half)], -1);
        }

        Tensor pairs = turning.reshape([.. turning.shape[..^1], half, 2]);
        return stack([pairs.select(-1, 1).neg(), pairs.select(-1, 0)], -1).reshape(turning.shape);
    }

    private float[] Frequencies(long length) => [.. _spec.Frequencies(length).Select(frequency => (float)frequency)];
}
