using DataType = Onnx.TensorProto.Types.DataType;

namespace MLNet.Dispersion.Onnx;

/// <summary>Where the tokens stand, who may look at whom, and what of this the blocks share: computed once in the graph, from the mask.</summary>
/// <remarks>
/// A token's place counts the real tokens before it, as in the library: with pads on either side real tokens get what they get alone. T counts the tokens of the past as well, L the new ones alone.
/// Where a token may look nowhere, as a pad on the left, its scores are all alike and finite.
/// </remarks>
internal sealed class TokenGraph
{
    private readonly GraphBuilder _graph;
    private readonly bool _isCausal;
    private readonly int _contextLength;
    private readonly Value _newTokens;
    private readonly Value _seen;
    private readonly Dictionary<int, Value> _allowed = [];
    private readonly Dictionary<RotarySpec, (Value Cosine, Value Sine)> _rotations = [];
    private readonly Dictionary<(AlibiSpec, int), Value> _slopes = [];
    private Value? _pairs;

    /// <param name="graph">The graph.</param>
    /// <param name="isCausal">Whether a token sees only those before it and itself.</param>
    /// <param name="hasPast">Whether there may be tokens of earlier calls.</param>
    /// <param name="contextLength">The most tokens.</param>
    /// <param name="hasTypes">Whether tokens say which text of a pair they belong to.</param>
    internal TokenGraph(GraphBuilder graph, bool isCausal, bool hasPast, int contextLength, bool hasTypes)
    {
        const string Batch = "batch_size", Length = "sequence_length";
        (_graph, _isCausal, _contextLength) = (graph, isCausal, contextLength);
        Ids = graph.Input("input_ids", DataType.Int64, Batch, Length);
        Mask = graph.Input("attention_mask", DataType.Int64, Batch, hasPast ? "past_sequence_length + sequence_length" : Length);
        Types = hasTypes ? graph.Input("token_type_ids", DataType.Int64, Batch, Length) : null;
        _newTokens = graph.SizeOf(Ids, 1);
        Value all = graph.SizeOf(Mask, 1);
        Past = graph.Subtract(all, _newTokens);
        IsReal = graph.Cast(Mask, DataType.Bool);
        Counts = graph.RunningSum(Mask, 1);
        KeyPlaces = graph.Node("Max", [graph.Subtract(Counts, graph.Whole([1])), graph.Whole([0])]);
        Places = hasPast ? graph.From(KeyPlaces, 1, Past) : KeyPlaces;
        _seen = graph.Unsqueeze(IsReal, 1, 2);
        if (isCausal)
        {
            Value columns = graph.Range(all);
            Value rows = hasPast ? graph.From(columns, 0, Past) : columns;
            _seen = graph.And(graph.Node("LessOrEqual", [graph.Unsqueeze(columns, 0), graph.Unsqueeze(rows, 1)]), _seen);
        }
    }

    /// <summary>Token ids, <c>[B, L]</c>.</summary>
    internal Value Ids { get; }

    /// <summary>1 for real tokens, 0 for pads, <c>[B, T]</c>, int64.</summary>
    internal Value Mask { get; }

    /// <summary>The same, bool.</summary>
    internal Value IsReal { get; }

    /// <summary>How many real tokens there are up to each, itself included, <c>[B, T]</c>, int64.</summary>
    internal Value Counts { get; }

    /// <summary>Which text of a pair each token belongs to; null where there is no such input.</summary>
    internal Value? Types { get; }

    /// <summary>How many tokens came before, <c>[1]</c>.</summary>
    internal Value Past { get; }

    /// <summary>The tokens' places, <c>[B, L]</c>.</summary>
    internal Value Places { get; }

    /// <summary>The places of those that are looked at, <c>[B, T]</c>.</summary>
    internal Value KeyPlaces { get; }

    /// <summary>1 for real tokens, else 0, <c>[B, L, 1]</c>, float32, where there is no past.</summary>
    internal Value Real => _graph.Unsqueeze(_graph.Cast(Mask, DataType.Float), 2);

    /// <summary>Allowed pairs, broadcast to <c>[B, 1, L, T]</c>, bool.</summary>
    internal Value Allowed(int? window)
    {
        if (window is not { } size)
        {
            return _seen;
        }

        if (!_allowed.TryGetValue(size, out Value near))
        {
            Value distance = _graph.Subtract(_graph.Unsqueeze(Places, 2), _graph.Unsqueeze(KeyPlaces, 1));
            distance = _isCausal ? distance : _graph.Node("Abs", [distance]);
            near = _graph.And(_seen, _graph.Unsqueeze(_graph.Node("Less", [distance, _graph.Whole([size])]), 1));
            _allowed[size] = near;
        }

        return near;
    }

    /// <summary>Cosines and sines, <c>[B, 1, L, dimensions]</c>; sines with the sign that the swapped half of features gets.</summary>
    internal (Value Cosine, Value Sine) Rotation(RotarySpec spec)
    {
        if (_rotations.TryGetValue(spec, out var tables))
        {
            return tables;
        }

        int half = spec.Dimensions / 2;
        Value places = _graph.Unsqueeze(_graph.Cast(Places, DataType.Float), 1, 3);
        Value angles = _graph.Multiply(places, Frequencies(spec));
        float[] signs = [.. Enumerable.Range(0, spec.Dimensions).Select(i => (spec.IsInterleaved ? i % 2 == 0 : i < half) ? -1f : 1f)];
        Value sign = _graph.Numbers(FormattableString.Invariant($"signs_{_rotations.Count}"), [.. signs.Select(one => one * (float)spec.AttentionFactor)], spec.Dimensions);
        tables = (_graph.Times(_graph.Node("Cos", [angles]), spec.AttentionFactor), _graph.Multiply(_graph.Node("Sin", [angles]), sign));
        _rotations[spec] = tables;
        return tables;
    }

    /// <summary>The bias of each key by its place, <c>[B, H, 1, T]</c>, float32.</summary>
    internal Value Slopes(AlibiSpec spec, int heads)
    {
        if (!_slopes.TryGetValue((spec, heads), out Value bias))
        {
            float[] numbers = [.. AlibiSpec.Slopes(heads).Select(slope => spec.IsRounded ? Rounded(slope) : slope)];
            Value slopes = _graph.Numbers(FormattableString.Invariant($"slopes_{heads}_{spec.IsRounded}"), numbers, 1, heads, 1, 1);
            Value places = _graph.Unsqueeze(Narrow(_graph.Cast(KeyPlaces, DataType.Float), spec), 1, 2);
            bias = _graph.Times(Narrow(_graph.Multiply(places, slopes), spec), spec.Scale);
            _slopes[(spec, heads)] = bias;
        }

        return bias;
    }

    /// <summary>The row of the table of relative positions for each pair, <c>[L, L]</c>, int64.</summary>
    internal Value Pairs(RelativeSpec spec)
    {
        if (_pairs is not { } pairs)
        {
            long[] byDistance = [.. Enumerable.Range(0, (2 * _contextLength) - 1).Select(i => spec.RowOf(i - _contextLength + 1))];
            Value rows = _graph.Store(new StoredTensor("relative_rows", DataType.Int64, [byDistance.Length], stream => stream.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes<long>(byDistance))));
            Value range = _graph.Range(_newTokens);
            Value distance = _graph.Subtract(_graph.Unsqueeze(range, 1), _graph.Unsqueeze(range, 0));
            pairs = _graph.Gather(rows, _graph.Add(distance, _graph.Whole([_contextLength - 1])));
            _pairs = pairs;
        }

        return pairs;
    }

    private Value Narrow(Value numbers, AlibiSpec spec) => spec.IsRounded ? _graph.Cast(_graph.Cast(numbers, DataType.Bfloat16), DataType.Float) : numbers;

    /// <summary>To the nearest bfloat16, to the even one of two.</summary>
    private static float Rounded(float number)
    {
        uint bits = BitConverter.SingleToUInt32Bits(number);
        return BitConverter.UInt32BitsToSingle((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000);
    }

    /// <summary>The angle of one step for each turned feature, <c>[dimensions]</c>.</summary>
    private Value Frequencies(RotarySpec spec)
    {
        switch (spec.Scaling)
        {
            case LongRopeScaling scaling:
                Value longest = _graph.Node("Greater", [Longest(), _graph.Whole([scaling.OriginalContextLength], isScalar: true)]);
                return _graph.Where(longest, Stored(spec, scaling.OriginalContextLength + 1L, "_long"), Stored(spec, 0, "_short"));
            case DynamicRopeScaling { OriginalContextLength: var original, Factor: var factor }:
                // As RopeScaling computes it: the base grows with the length, by a power of the growth.
                Value seen = _graph.Node("Max", [Longest(), _graph.Whole([original], isScalar: true)]);
                Value growth = _graph.Plus(_graph.Times(_graph.Cast(seen, DataType.Float), factor / original), 1 - factor);
                int dimensions = spec.Dimensions;
                double power = dimensions == 2 ? 0 : dimensions / (dimensions - 2.0);
                float[] powers = [.. Spread(spec, [.. Enumerable.Range(0, dimensions / 2).Select(i => -2.0 * i / dimensions * power)])];
                Value shrinking = _graph.Node("Pow", [growth, _graph.Numbers(FormattableString.Invariant($"growth_{_rotations.Count}"), powers, dimensions)]);
                return _graph.Multiply(shrinking, Plain(spec));
            default:
                return Stored(spec, 0, "");
        }
    }

    /// <summary>One more than the last place of all rows, of no dimension.</summary>
    private Value Longest() => _graph.Node("ReduceMax", [Counts], ("keepdims", 0));

    private Value Stored(RotarySpec spec, long length, string ending) => Frequencies(spec, [.. spec.Frequencies(length)], ending);

    private Value Plain(RotarySpec spec) => Frequencies(spec, [.. (spec with { Scaling = null }).Frequencies()], "_plain");

    private Value Frequencies(RotarySpec spec, double[] byPair, string ending) =>
        _graph.Numbers(FormattableString.Invariant($"frequencies_{_rotations.Count}{ending}"), Spread(spec, byPair), spec.Dimensions);

    /// <summary>From a number for each pair of features to one for each feature.</summary>
    private static float[] Spread(RotarySpec spec, double[] byPair) => [.. Enumerable.Range(0, spec.Dimensions).Select(i => (float)byPair[spec.IsInterleaved ? i / 2 : i % byPair.Length])];
}
