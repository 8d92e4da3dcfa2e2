using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>NEFTune (Jain et al. 2023, arXiv 2310.05914): uniform noise on the token embeddings of a training pass, alpha / sqrt(L F) in size.</summary>
/// <param name="alpha">The paper's alpha, above 0.</param>
/// <param name="generator">Draws the noise, on the embeddings' device; one draw a pass, over pads as well. Stays the caller's.</param>
/// <param name="countsPads">Whether L is the padded length for every sequence and pads get noise too.</param>
internal sealed class EmbeddingNoise(double alpha, Generator generator, bool countsPads = false)
{
    /// <summary>The embeddings with noise, uniform on [-m, m] with m = alpha / sqrt(L F), L being each sequence's own length, and pads as they are, unless pads count.</summary>
    /// <param name="embeddings"><c>[B, L, F]</c>.</param>
    /// <param name="mask">Which tokens are real, <c>[B, L]</c>, bool; null when all are.</param>
    internal Tensor AddTo(Tensor embeddings, Tensor? mask)
    {
        using var scope = NewDisposeScope();
        double features = embeddings.shape[2];
        Tensor noise = empty(embeddings.shape, embeddings.dtype, embeddings.device).uniform_(-1, 1, generator);
        if (mask is null || countsPads)
        {
            noise.TimesInPlace(alpha / Math.Sqrt(embeddings.shape[1] * features));
        }
        else
        {
            Tensor lengths = mask.sum(1, keepdim: true, type: embeddings.dtype).AtLeast(1);
            noise.mul_(mask.to(embeddings.dtype).mul(lengths.Times(features).rsqrt().Times(alpha)).unsqueeze(2));
        }

        return embeddings.Plus(noise).MoveToOuterDisposeScope();
    }
}
