using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>How a head gets one vector for each text, with the query where one is trained.</summary>
internal sealed class TextPooler : IDisposable
{
    internal const string QueryName = "pooling.query";

    /// <param name="pooling">How.</param>
    /// <param name="query">Of <see cref="TextPooling.Attention"/>, <c>[F]</c>, float32, owned from then on; null for all others.</param>
    internal TextPooler(TextPooling pooling, Tensor? query = null)
    {
        Pooling = pooling;
        Query = query is null ? null : new Parameter(query.DetachFromDisposeScope());
    }

    internal TextPooling Pooling { get; }

    /// <summary>The query, or null.</summary>
    internal Parameter? Query { get; }

    /// <summary>What is saved of it, by name.</summary>
    internal IReadOnlyList<KeyValuePair<string, Tensor>> Saved => Query is { } query ? [new(QueryName, query)] : [];

    /// <summary>A pooler as training begins with it: its query, if it has one, is 0, so that all tokens count the same.</summary>
    internal static TextPooler Create(TextPooling pooling, int featureCount, Device device) =>
        new(pooling, pooling == TextPooling.Attention ? zeros(featureCount, device: device) : null);

    /// <summary>One vector for each text.</summary>
    /// <param name="backbone">Whose states they are.</param>
    /// <param name="lastHiddenState"><c>[B, L, F]</c>, float32.</param>
    /// <param name="lengths">Real tokens of each row, padding on the right.</param>
    /// <param name="start">The first token that counts, unless the family decides; of a text that has none from there on its last one counts.</param>
    /// <returns><c>[B, F]</c>, float32, in the caller's dispose scope.</returns>
    internal Tensor Summary(LanguageBackbone backbone, Tensor lastHiddenState, IReadOnlyList<int> lengths, int start = 0)
    {
        if (Pooling == TextPooling.Family)
        {
            return backbone.Summary(lastHiddenState, lengths);
        }

        using Tensor? mask = Mask(lengths, start, (int)lastHiddenState.shape[1], lastHiddenState.device);
        return TokenPooling.Pool(lastHiddenState, mask, Pooling, Query);
    }

    /// <inheritdoc/>
    public void Dispose() => Query?.Dispose();

    /// <summary>Which tokens count, <c>[B, L]</c>, bool, which the caller disposes; null when all do.</summary>
    /// <param name="lengths">Real tokens of each row, padding on the right.</param>
    /// <param name="start">The first that counts.</param>
    /// <param name="columns">Tokens of the longest row (L).</param>
    /// <param name="device">Where it is put.</param>
    private static Tensor? Mask(IReadOnlyList<int> lengths, int start, int columns, Device device)
    {
        if (start == 0 && lengths.All(length => length == columns))
        {
            return null;
        }

        var counts = new bool[lengths.Count * columns];
        for (int row = 0; row < lengths.Count; row++)
        {
            int first = Math.Min(start, lengths[row] - 1);
            Array.Fill(counts, true, (row * columns) + first, lengths[row] - first);
        }

        using Tensor host = tensor(counts, lengths.Count, columns);
        return host.to(device, copy: true);
    }
}
