using static TorchSharp.torch;

namespace MLNet.Dispersion.Onnx;

/// <summary>The attention branch of blocks.</summary>
internal sealed class AttentionGraph(LayerGraph layers, NetworkWeights weights, TokenGraph tokens, long features)
{
    // Less than every score, and finite, so that a row that may look nowhere stays so.
    private const double Nowhere = float.MinValue;

    private readonly GraphBuilder _graph = layers.Graph;

    /// <summary>What the tokens see of each other, <c>[B, L, F]</c>.</summary>
    /// <param name="input"><c>[B, L, F]</c>.</param>
    /// <param name="spec">How.</param>
    /// <param name="block">The block's number.</param>
    /// <param name="past">Keys and values of earlier tokens; null where there are none. Those of all tokens come out.</param>
    internal Value Attend(Value input, AttentionSpec spec, int block, ref (Value Key, Value Value)? past)
    {
        var (query, key, value) = Projected(input, spec, block);
        if (spec.Rotary is { } rotary)
        {
            (query, key) = (Rotated(query, rotary, spec.HeadSize), Rotated(key, rotary, spec.HeadSize));
        }

        if (past is var (earlierKey, earlierValue))
        {
            (key, value) = (_graph.Concat(2, earlierKey, key), _graph.Concat(2, earlierValue, value));
            past = (key, value);
        }

        double scale = (spec.Scale ?? 1 / Math.Sqrt(spec.HeadSize)) / (spec.ScalesByLayer ? block + 1 : 1);
        bool isGrouped = spec.KeyHeadCount != spec.HeadCount;

        // Query heads that share a key head are put one behind the other: so keys and values need not be copied.
        Value grouped = isGrouped ? _graph.Reshape(query, 0, spec.KeyHeadCount, -1, spec.HeadSize) : query;
        Value scores = _graph.Times(_graph.Product(grouped, _graph.Transpose(key, 0, 1, 3, 2)), scale);
        scores = isGrouped ? _graph.Reshape(scores, 0, spec.HeadCount, -1, 0) : scores;
        scores = spec.ScoreCap is { } cap ? _graph.Times(_graph.Tanh(_graph.Divide(scores, _graph.Number(cap))), cap) : scores;
        scores = Bias(query, key, spec, block, scale) is { } bias ? _graph.Add(scores, bias) : scores;
        Value chances = _graph.Softmax(_graph.Where(tokens.Allowed(spec.Window), scores, _graph.Number(Nowhere)));
        chances = isGrouped ? _graph.Reshape(chances, 0, spec.KeyHeadCount, -1, 0) : chances;
        Value seen = _graph.Product(chances, value);
        seen = isGrouped ? _graph.Reshape(seen, 0, spec.HeadCount, -1, spec.HeadSize) : seen;
        Value rows = _graph.Reshape(_graph.Transpose(seen, 0, 2, 1, 3), 0, 0, (long)spec.HeadCount * spec.HeadSize);
        return Linear(rows, weights.NameOf(WeightPart.AttentionOutput, block), (long)spec.HeadCount * spec.HeadSize, features);
    }

    /// <summary>A linear layer of a block, with its bias where it has one.</summary>
    internal Value Linear(Value input, string name, long inputs, long outputs) => Linear(input, name, name, inputs, outputs, rows => rows);

    private Value Linear(Value input, string name, string storedName, long inputs, long outputs, Func<Tensor, Tensor> arranged)
    {
        ModelWeight weight = weights[name + ".weight"];
        Value? bias = weights.Has(name + ".bias") ? layers.Small(storedName + ".bias", [outputs], () => arranged(weights[name + ".bias"].Values())) : null;
        return layers.Linear(input, storedName + ".weight", inputs, outputs, () => arranged(weights.InputsFirst ? weight.Values().t() : weight.Values()), bias);
    }

    private (Value Query, Value Key, Value Value) Projected(Value input, AttentionSpec spec, int block)
    {
        long queries = (long)spec.HeadCount * spec.HeadSize, keys = (long)spec.KeyHeadCount * spec.HeadSize;
        Value query, key, value;
        if (spec.Storage == AttentionStorage.Separate)
        {
            query = Linear(input, weights.NameOf(WeightPart.Query, block), features, queries);
            key = Linear(input, weights.NameOf(WeightPart.Key, block), features, keys);
            value = Linear(input, weights.NameOf(WeightPart.Value, block), features, keys);
        }
        else
        {
            string name = weights.NameOf(WeightPart.QueryKeyValue, block);
            bool isByKind = spec.Storage == AttentionStorage.FusedByKind;
            Value fused = Linear(input, name, isByKind ? name : name + ".by_kind", features, queries + (2 * keys), rows => isByKind ? rows : ByKind(rows, spec));
            if (spec is { Storage: AttentionStorage.FusedByHeadApartBiases, HasInputBias: true })
            {
                ModelWeight first = weights[weights.NameOf(WeightPart.QueryBias, block)], last = weights[weights.NameOf(WeightPart.ValueBias, block)];
                fused = _graph.Add(fused, layers.Small(name + ".biases", [queries + (2 * keys)], () => cat([first.Values(), zeros(keys), last.Values()])));
            }

            Value[] parts = _graph.Split(fused, 2, queries, keys, keys);
            (query, key, value) = (parts[0], parts[1], parts[2]);
        }

        return (Heads(query, spec, spec.HeadCount, WeightPart.QueryNorm, block), Heads(key, spec, spec.KeyHeadCount, WeightPart.KeyNorm, block), Heads(value, spec, spec.KeyHeadCount, null, block));
    }

    /// <summary>Rows that are ordered by key heads, ordered by kind: all queries, all keys, all values.</summary>
    private static Tensor ByKind(Tensor rows, AttentionSpec spec)
    {
        long group = spec.HeadCount / spec.KeyHeadCount, size = spec.HeadSize;
        Tensor byHead = rows.view([spec.KeyHeadCount, group + 2, size, .. rows.shape[1..]]);
        Tensor[] kinds = [byHead.narrow(1, 0, group), byHead.narrow(1, group, 1), byHead.narrow(1, group + 1, 1)];
        return cat([.. kinds.Select(kind => kind.flatten(0, 2))]);
    }

    /// <summary><c>[B, L, H D]</c> to <c>[B, H, L, D]</c>.</summary>
    private Value Heads(Value projected, AttentionSpec spec, int count, WeightPart? norm, int block)
    {
        if (spec.InputLimit is { } limit)
        {
            projected = _graph.Node("Clip", [projected, _graph.Number(-limit), _graph.Number(limit)]);
        }

        bool isNormed = norm is not null && spec.HeadNorm is not null;
        if (isNormed && spec.HeadNormScope == HeadNormScope.Row)
        {
            projected = Normed(projected, spec, (long)count * spec.HeadSize, weights.NameOf(norm!.Value, block), count);
        }

        Value heads = _graph.Reshape(projected, 0, 0, count, spec.HeadSize);
        heads = isNormed && spec.HeadNormScope != HeadNormScope.Row ? Normed(heads, spec, spec.HeadSize, weights.NameOf(norm!.Value, block), count) : heads;
        return _graph.Transpose(heads, 0, 2, 1, 3);
    }

    private Value Normed(Value value, AttentionSpec spec, long width, string name, int count)
    {
        bool isApart = spec.HeadNormScope == HeadNormScope.EachHeadApart;
        return layers.Norm(value, spec.HeadNorm!, width, Vector("weight"), Vector("bias"));

        ModelWeight? Vector(string ending)
        {
            if (!isApart)
            {
                return weights.Has($"{name}.{ending}") ? weights[$"{name}.{ending}"] : null;
            }

            string[] names = [.. Enumerable.Range(0, count).Select(head => FormattableString.Invariant($"{name}.norms.{head}.{ending}"))];
            return names.All(weights.Has) ? new ModelWeight($"{name}.{ending}", [count, spec.HeadSize], () => stack([.. names.Select(one => weights[one].Values())])) : null;
        }
    }

    private Value Rotated(Value heads, RotarySpec spec, int headSize)
    {
        var (cosine, sine) = tokens.Rotation(spec);
        bool isWhole = spec.Dimensions == headSize;
        Value turning = isWhole ? heads : _graph.Slice(heads, 3, 0, spec.Dimensions);
        int half = spec.Dimensions / 2;
        Value swapped = spec.IsInterleaved
            ? _graph.Gather(turning, _graph.Whole([.. Enumerable.Range(0, spec.Dimensions).Select(i => i ^ 1L)]), 3)
            : _graph.Concat(3, _graph.Slice(turning, 3, half, spec.Dimensions), _graph.Slice(turning, 3, 0, half));
        Value turned = _graph.Add(_graph.Multiply(turning, cosine), _graph.Multiply(swapped, sine));
        return isWhole ? turned : _graph.Concat(3, turned, _graph.Slice(heads, 3, spec.Dimensions, Operators.End));
    }

    private Value? Bias(Value query, Value key, AttentionSpec spec, int block, double scale)
    {
        if (spec.Alibi is { } alibi)
        {
            return tokens.Slopes(alibi, spec.HeadCount);
        }

        return spec.Relative switch
        {
            BucketBias buckets => _graph.Unsqueeze(_graph.Transpose(_graph.Gather(layers.Small(weights[Outside(WeightPart.RelativePositions)]), tokens.Pairs(buckets)), 2, 0, 1), 0),
            DisentangledSpec disentangled => Disentangled(query, key, spec, disentangled, block, scale),
            _ => null,
        };
    }

    /// <summary>The terms in which contents meet distances, <c>[B, H, L, L]</c>.</summary>
    private Value? Disentangled(Value query, Value key, AttentionSpec spec, DisentangledSpec relative, int block, double scale)
    {
        ModelWeight table = weights[Outside(WeightPart.RelativePositions)];
        Value vectors = layers.Small(table);
        if (relative.Norm is { } norm)
        {
            string name = weights.NameOf(WeightPart.RelativeNorm)!;
            vectors = layers.Norm(vectors, norm, features, Optional(name + ".weight"), Optional(name + ".bias"));
        }

        Value pairs = tokens.Pairs(relative);
        Value? terms = null;
        if (relative.ContentToPosition)
        {
            terms = Met(query, DistanceHeads(vectors, spec, relative.SharesProjections ? WeightPart.Key : WeightPart.PositionKey, block), pairs);
        }

        if (relative.PositionToContent)
        {
            // Rows are keys here, and their column is that of the distance from the query: the transpose.
            Value met = Met(key, DistanceHeads(vectors, spec, relative.SharesProjections ? WeightPart.Query : WeightPart.PositionQuery, block), _graph.Transpose(pairs, 1, 0));
            Value term = _graph.Transpose(met, 0, 1, 3, 2);
            terms = terms is { } first ? _graph.Add(first, term) : term;
        }

        return terms is { } sum ? _graph.Times(sum, scale) : null;
    }

    /// <summary>Products of contents with all distances, and of each the one that counts.</summary>
    private Value Met(Value contents, Value distances, Value pairs)
    {
        Value products = _graph.Product(contents, _graph.Transpose(distances, 0, 2, 1));
        Value shape = _graph.Concat(0, _graph.Node("Shape", [contents], ("start", 0), ("end", 2)), _graph.Node("Shape", [pairs]));
        return _graph.Node("GatherElements", [products, _graph.Node("Expand", [pairs, shape])], ("axis", 3));
    }

    /// <summary><c>[2 S, F]</c> to <c>[H, 2 S, D]</c>.</summary>
    private Value DistanceHeads(Value vectors, AttentionSpec spec, WeightPart part, int block) =>
        _graph.Transpose(_graph.Reshape(Linear(vectors, weights.NameOf(part, block), features, (long)spec.HeadCount * spec.HeadSize), 0, spec.HeadCount, spec.HeadSize), 1, 0, 2);

    private string Outside(WeightPart part) => weights.NameOf(part) + ".weight";

    private ModelWeight? Optional(string name) => weights.Has(name) ? weights[name] : null;
}
