using DataType = Onnx.TensorProto.Types.DataType;

namespace MLNet.Dispersion.Onnx;

/// <summary>One vector for each text, made of the final states of its tokens.</summary>
internal sealed class PoolingGraph(GraphBuilder graph, TokenGraph tokens)
{
    private const double LeastLength = 1e-12;

    /// <summary><c>[B, L, F]</c> to <c>[B, F]</c>.</summary>
    /// <param name="states">The final states.</param>
    /// <param name="pooling">How; not that of a family.</param>
    /// <param name="query">Of <see cref="TextPooling.Attention"/>.</param>
    internal Value Pool(Value states, TextPooling pooling, IReadOnlyList<float>? query = null)
    {
        switch (pooling)
        {
            case TextPooling.FirstToken:
                return graph.At(states, graph.ColumnOfMost(tokens.Mask));
            case TextPooling.LastToken:
                return graph.At(states, graph.ColumnOfMost(graph.Multiply(tokens.Counts, tokens.Mask)));
            case TextPooling.Max:
                return graph.Max(graph.Where(graph.Unsqueeze(tokens.IsReal, 2), states, graph.Number(float.MinValue)), 1, keeps: false);
            default:
                Value weights = graph.Unsqueeze(Weights(states, pooling, query), 1);
                return graph.Squeeze(graph.Product(weights, graph.Where(graph.Unsqueeze(tokens.IsReal, 2), states, graph.Number(0))), 1);
        }
    }

    /// <summary>The state of the last real token that is not the padding token, as Hugging Face's decoders are read, <c>[B, F]</c>.</summary>
    internal Value Last(Value states, int? padTokenId)
    {
        if (padTokenId is not { } pad)
        {
            return Pool(states, TextPooling.LastToken);
        }

        Value counted = graph.And(tokens.IsReal, graph.Not(graph.Node("Equal", [tokens.Ids, graph.Whole([pad])])));
        return graph.At(states, graph.ColumnOfMost(graph.Multiply(graph.Range(graph.SizeOf(tokens.Ids, 1)), graph.Cast(counted, DataType.Int64))));
    }

    /// <summary>Scales vectors to the length 1.</summary>
    internal Value Normalized(Value vectors)
    {
        Value length = graph.Node("ReduceL2", [vectors, graph.Whole([1])], ("keepdims", 1));
        return graph.Divide(vectors, graph.Node("Max", [length, graph.Number(LeastLength)]));
    }

    /// <summary>The weight of each token, <c>[B, L]</c>, 0 for pads.</summary>
    private Value Weights(Value states, TextPooling pooling, IReadOnlyList<float>? query)
    {
        if (pooling == TextPooling.Attention)
        {
            Value vector = graph.Numbers("pooling.query", [.. query!], query!.Count, 1);
            Value scores = graph.Times(graph.Squeeze(graph.Product(states, vector), 2), 1 / Math.Sqrt(query!.Count));
            return graph.Softmax(graph.Where(tokens.IsReal, scores, graph.Number(float.MinValue)), 1);
        }

        Value counted = graph.Cast(tokens.Mask, DataType.Float);
        Value ranks = pooling == TextPooling.WeightedMean ? graph.Cast(graph.Multiply(tokens.Counts, tokens.Mask), DataType.Float) : counted;
        Value sum = graph.Sum(ranks, 1, keeps: true);
        return pooling switch
        {
            TextPooling.Mean or TextPooling.WeightedMean => graph.Divide(ranks, sum),
            TextPooling.MeanSqrtLength => graph.Divide(ranks, graph.Sqrt(sum)),
            _ => throw new NotSupportedException($"No graph is known for the pooling {pooling}"),
        };
    }
}
