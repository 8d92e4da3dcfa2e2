using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>The learned table of relative positions that all blocks of an encoder share.</summary>
internal sealed class RelativeTable
{
    private readonly ForwardContext _context;
    private readonly RelativeSpec _spec;

    internal RelativeTable(ForwardContext context, RelativeSpec spec, int heads, long features)
    {
        (_context, _spec) = (context, spec);
        if (spec is DisentangledSpec { Span: var span, Norm: var norm })
        {
            Rows = new EmbeddingTable(context, 2L * span, features);
            Norm = norm is null ? null : LayerMaker.Norm(norm, features);
        }
        else
        {
            Rows = new EmbeddingTable(context, ((BucketBias)spec).BucketCount, heads);
        }
    }

    /// <summary>The table: of numbers, <c>[buckets, H]</c>, or of vectors, <c>[2 S, F]</c>.</summary>
    internal EmbeddingTable Rows { get; }

    /// <summary>The norm of the vectors, or null.</summary>
    internal FeatureNorm? Norm { get; }

    /// <summary>The vectors of distances, <c>[2 S, F]</c>, float32, dropped at random in training.</summary>
    internal Tensor Vectors(bool training)
    {
        Tensor vectors = Norm is null ? Rows.Weight : Norm.Forward(Rows.Weight);
        return _context.Drop(vectors, _context.Dropout(((DisentangledSpec)_spec).Dropout, training));
    }

    /// <summary>A number for each head and pair of tokens, <c>[1, H, L, L]</c>, float32.</summary>
    internal Tensor Numbers(TokenView view) =>
        Rows.Weight.index_select(0, Places(view).flatten()).view(view.Columns, view.Columns, -1).permute(2, 0, 1).unsqueeze(0);

    /// <summary>The row of the table for each pair of tokens, <c>[L, L]</c>, int64.</summary>
    internal Tensor Places(TokenView view)
    {
        long columns = view.Columns;
        long[] byDistance = [.. Enumerable.Range(0, (int)(2 * columns) - 1).Select(i => _spec.RowOf(i - columns + 1))];
        Tensor range = TensorNumbers.Range(columns, view.Device);
        Tensor distances = range.unsqueeze(1).Plus(range.unsqueeze(0).neg()).Shifted(columns - 1);
        return tensor(byDistance, device: view.Device).index_select(0, distances.flatten()).view(columns, columns);
    }
}
