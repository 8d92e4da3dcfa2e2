using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>The terms of one block's scores in which contents meet distances.</summary>
internal sealed class DisentangledScores
{
    private readonly RelativeTable _table;
    private readonly DisentangledSpec _spec;
    private readonly int _heads;

    internal DisentangledScores(RelativeTable table, DisentangledSpec spec, LayerMaker layers, long features, int heads, long queries)
    {
        (_table, _spec, _heads) = (table, spec, heads);
        Key = spec is { SharesProjections: false, ContentToPosition: true } ? layers.Linear(features, queries, spec.HasKeyBias) : null;
        Query = spec is { SharesProjections: false, PositionToContent: true } ? layers.Linear(features, queries, hasBias: true) : null;
    }

    /// <summary>Distances to keys, where they do not go through the contents' projection.</summary>
    internal ILayer? Key { get; }

    /// <summary>Distances to queries, alike.</summary>
    internal ILayer? Query { get; }

    /// <summary>The terms, <c>[B, H, L, L]</c>, float32; null where there are none.</summary>
    /// <param name="query">Of the contents, <c>[B, H, L, D]</c>.</param>
    /// <param name="key">Alike.</param>
    /// <param name="toQuery">The contents' projection to queries.</param>
    /// <param name="toKey">The contents' projection to keys.</param>
    /// <param name="view">The tokens.</param>
    /// <param name="scale">What scores are multiplied by.</param>
    /// <param name="training">Whether the network is being trained.</param>
    internal Tensor? Of(Tensor query, Tensor key, ILayer? toQuery, ILayer? toKey, TokenView view, double scale, bool training)
    {
        Tensor vectors = _table.Vectors(training);
        Tensor places = _table.Places(view);
        Tensor? terms = null;
        if (_spec.ContentToPosition)
        {
            Tensor met = query.matmul(Heads((Key ?? toKey!).Forward(vectors)).transpose(1, 2)).to(ScalarType.Float32);
            terms = met.gather(3, places.expand(met.shape[0], met.shape[1], -1, -1));
        }

        if (_spec.PositionToContent)
        {
            // Rows are keys here, and their column is that of the distance from the query: the transpose.
            Tensor met = key.matmul(Heads((Query ?? toQuery!).Forward(vectors)).transpose(1, 2)).to(ScalarType.Float32);
            Tensor term = met.gather(3, places.t().expand(met.shape[0], met.shape[1], -1, -1)).transpose(2, 3);
            terms = terms is null ? term : terms.Plus(term);
        }

        return terms?.Times(scale);
    }

    /// <summary><c>[2 S, H D]</c> to <c>[H, 2 S, D]</c>.</summary>
    private Tensor Heads(Tensor projected) => projected.view(projected.shape[0], _heads, -1).transpose(0, 1);
}
