using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>A table of embeddings <c>[V, F]</c>, which may serve as the head as well.</summary>
internal sealed class EmbeddingTable : nn.Module
{
    private readonly ForwardContext _context;
    private readonly Parameter weight;

    internal EmbeddingTable(ForwardContext context, long rows, long features)
        : base(nameof(EmbeddingTable))
    {
        _context = context;
        weight = new Parameter(empty(rows, features));
        RegisterComponents();
    }

    /// <summary>The table, <c>[V, F]</c>.</summary>
    internal Parameter Weight => weight;

    /// <summary>Ids <c>[B, L]</c> to embeddings <c>[B, L, F]</c>, float32.</summary>
    internal Tensor Forward(Tensor ids) => EmbeddingLookup.Rows(weight, ids.flatten()).view(ids.shape[0], ids.shape[1], weight.shape[1]);

    /// <summary>The same for the tokens of a batch: in training with the noise that the context asks for.</summary>
    /// <param name="ids">Token ids, <c>[B, L]</c>.</param>
    /// <param name="mask">Which tokens are real, <c>[B, L]</c>, bool; null when all are.</param>
    internal Tensor ForwardTokens(Tensor ids, Tensor? mask)
    {
        Tensor embeddings = Forward(ids);
        return training && _context.EmbeddingNoise is { } noise ? noise.AddTo(embeddings, mask) : embeddings;
    }

    /// <summary>The first rows, <c>[count, F]</c>.</summary>
    internal Tensor First(long count) => weight.narrow(0, 0, count);

    /// <summary>Logits by the table itself: <c>[..., F]</c> to <c>[..., V]</c>, float32. Reads the live weight, so a tied head never goes stale.</summary>
    internal Tensor Head(Tensor hidden) => nn.functional.linear(_context.Cast(hidden), _context.CastWeight(weight)).to(ScalarType.Float32);
}
