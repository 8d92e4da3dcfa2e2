using DataType = Onnx.TensorProto.Types.DataType;

namespace MLNet.Dispersion.Onnx;

/// <summary>The network that a spec describes: embeddings, blocks, final norm, and a decoder's head.</summary>
internal sealed class TrunkGraph
{
    private readonly TransformerSpec _spec;
    private readonly LayerGraph _layers;
    private readonly GraphBuilder _graph;
    private readonly NetworkWeights _weights;
    private readonly TokenGraph _tokens;
    private readonly AttentionGraph _attention;

    /// <param name="spec">How the network is made.</param>
    /// <param name="layers">Makes its layers.</param>
    /// <param name="weights">What is in them.</param>
    /// <param name="tokens">The tokens.</param>
    internal TrunkGraph(TransformerSpec spec, LayerGraph layers, NetworkWeights weights, TokenGraph tokens)
    {
        (_spec, _layers, _graph, _weights, _tokens) = (spec, layers, layers.Graph, weights, tokens);
        _attention = new AttentionGraph(layers, weights, tokens, spec.HiddenSize);
    }

    /// <summary>The last hidden state, <c>[B, L, F]</c>.</summary>
    /// <param name="past">Keys and values of earlier tokens, one entry a layer; null where there are none. Those of all tokens come out.</param>
    internal Value Run((Value Key, Value Value)[]? past)
    {
        Value state = Embedded();
        for (int layer = 0; layer < _spec.LayerCount; layer++)
        {
            (Value, Value)? cached = past?[layer];
            Value next = Block(state, _spec.SharedBlocks?[layer] ?? layer, ref cached);
            if (past is not null)
            {
                past[layer] = cached!.Value;
            }

            state = layer == 0 && _spec.Convolution is { } convolution ? Convolved(state, next, convolution) : next;
        }

        state = _spec.FinalNorm is { } norm ? Norm(state, norm, _weights.NameOf(WeightPart.FinalNorm)!, _spec.HiddenSize) : state;
        return _spec.OutputSize is { } size ? Projection(state, WeightPart.OutputProjection, _spec.HiddenSize, size) : state;
    }

    /// <summary>The logits of a decoder's next tokens, <c>[B, L, V]</c>.</summary>
    internal Value Logits(Value last)
    {
        string? head = _weights.NameOf(WeightPart.Head);
        Value logits = _weights.Has(head + ".weight")
            ? Projection(last, WeightPart.Head, _spec.OutputSize ?? _spec.HiddenSize, _spec.VocabularySize)
            : ByTokens(last, bias: null);
        logits = _graph.Times(logits, _spec.LogitScale);
        return _spec.LogitCap is { } cap ? _graph.Times(_graph.Tanh(_graph.Divide(logits, _graph.Number(cap))), cap) : logits;
    }

    /// <summary>Products with the table of token embeddings, <c>[B, L, V]</c>.</summary>
    internal Value ByTokens(Value states, Value? bias) => _layers.ByRows(states, Table(WeightPart.Tokens), bias);

    /// <summary>BERT's pooler over states of first tokens, <c>[B, F]</c>; the states themselves where there is none.</summary>
    internal Value Pooled(Value first) => HasPooler ? _graph.Tanh(Projection(first, WeightPart.Pooler, _spec.HiddenSize, _spec.HiddenSize)) : first;

    /// <summary>Whether there is a pooler.</summary>
    internal bool HasPooler => _spec.Summary == SummaryKind.Pooler;

    private Value Embedded()
    {
        EmbeddingSpec embedding = _spec.Embedding;
        int embedded = embedding.Size ?? _spec.HiddenSize;
        int summed = embedding.ProjectsTokensAlone ? _spec.HiddenSize : embedded;
        Value state = _graph.Times(_layers.Rows(Table(WeightPart.Tokens), _tokens.Ids), embedding.Scale);
        state = embedding.ProjectsTokensAlone ? Projection(state, WeightPart.EmbeddingProjection, embedded, _spec.HiddenSize) : state;
        if (embedding.TokenTypeCount > 0)
        {
            Value types = _layers.Small(Table(WeightPart.TokenTypes));
            state = _graph.Add(state, _tokens.Types is { } ids ? _graph.Gather(types, ids) : types);
        }

        state = embedding.HasPositions ? _graph.Add(state, _layers.Rows(Table(WeightPart.Positions), PositionRows(embedding))) : state;
        state = embedding.Norm is { } norm ? Norm(state, norm, _weights.NameOf(WeightPart.EmbeddingNorm)!, summed) : state;
        state = embedding.IsZeroAtPadding ? _graph.Multiply(state, _tokens.Real) : state;
        return embedding.Size is null || embedding.ProjectsTokensAlone ? state : Projection(state, WeightPart.EmbeddingProjection, embedded, _spec.HiddenSize);
    }

    private Value PositionRows(EmbeddingSpec embedding)
    {
        if (embedding.UncountedToken is not { } uncounted)
        {
            return embedding.PositionOffset == 0 ? _tokens.Places : _graph.Add(_tokens.Places, _graph.Whole([embedding.PositionOffset]));
        }

        Value counted = _graph.Cast(_graph.Not(_graph.Node("Equal", [_tokens.Ids, _graph.Whole([uncounted])])), DataType.Int64);
        return _graph.Add(_graph.Multiply(_graph.RunningSum(counted, 1), counted), _graph.Whole([uncounted]));
    }

    private Value Block(Value input, int block, ref (Value, Value)? past)
    {
        BlockSpec spec = _spec.BlockOf(block);
        Value read, attended, middle;
        switch (spec.Order)
        {
            case BlockOrder.NormFirst:
                read = spec.SkipsAttentionNorm ? input : Norm(input, WeightPart.AttentionNorm);
                middle = Plus(input, _attention.Attend(read, spec.Attention, block, ref past));
                return Plus(middle, Perceptron(Norm(middle, WeightPart.MlpNorm), spec.Mlp, block));
            case BlockOrder.Parallel:
                attended = Plus(input, _attention.Attend(Norm(input, WeightPart.AttentionNorm), spec.Attention, block, ref past));
                return Plus(attended, Perceptron(Norm(input, WeightPart.MlpNorm), spec.Mlp, block));
            case BlockOrder.ParallelOneNorm:
                read = Norm(input, WeightPart.AttentionNorm);
                attended = Plus(input, _attention.Attend(read, spec.Attention, block, ref past));
                return Plus(attended, Perceptron(read, spec.Mlp, block));
            case BlockOrder.NormLast:
                middle = Norm(Plus(input, _attention.Attend(input, spec.Attention, block, ref past)), WeightPart.AttentionNorm);
                return Norm(Plus(middle, Perceptron(middle, spec.Mlp, block)), WeightPart.MlpNorm);
            case BlockOrder.NormBranches:
                middle = Plus(input, Norm(_attention.Attend(input, spec.Attention, block, ref past), WeightPart.AttentionOutputNorm));
                return Plus(middle, Norm(Perceptron(middle, spec.Mlp, block), WeightPart.MlpOutputNorm));
            case BlockOrder.NormAround:
                read = Norm(input, WeightPart.AttentionNorm);
                middle = Plus(input, Norm(_attention.Attend(read, spec.Attention, block, ref past), WeightPart.AttentionOutputNorm));
                return Plus(middle, Norm(Perceptron(Norm(middle, WeightPart.MlpNorm), spec.Mlp, block), WeightPart.MlpOutputNorm));
            case BlockOrder.NormedResidual:
                read = Norm(input, WeightPart.AttentionNorm);
                middle = Norm(Plus(read, _attention.Attend(read, spec.Attention, block, ref past)), WeightPart.MlpNorm);
                return Plus(middle, Perceptron(middle, spec.Mlp, block));
            default:
                throw new NotSupportedException($"No graph is known for blocks of the order {spec.Order}");
        }

        Value Norm(Value value, WeightPart part) => this.Norm(value, spec.Norm, _weights.NameOf(part, block), _spec.HiddenSize);

        Value Plus(Value residual, Value branch) => _graph.Add(residual, _graph.Times(branch, spec.BranchScale));
    }

    private Value Perceptron(Value input, MlpSpec spec, int block)
    {
        long features = _spec.HiddenSize, inner = spec.InnerSize;
        Value result;
        if (spec.IsFused)
        {
            Value[] parts = _graph.Split(Linear(WeightPart.MlpGateUp, input, features, 2 * inner), 2, inner, inner);
            result = _graph.Multiply(_layers.Activate(spec.Activation, parts[0]), parts[1]);
        }
        else if (spec.IsGated)
        {
            Value gate = _layers.Activate(spec.Activation, Linear(WeightPart.MlpGate, input, features, inner));
            result = _graph.Multiply(gate, Linear(WeightPart.MlpUp, input, features, inner));
        }
        else
        {
            result = _layers.Activate(spec.Activation, Linear(WeightPart.MlpUp, input, features, inner));
        }

        return Linear(WeightPart.MlpDown, result, inner, features);

        Value Linear(WeightPart part, Value value, long inputs, long outputs) => _attention.Linear(value, _weights.NameOf(part, block), inputs, outputs);
    }

    /// <summary>A block's output with that of the convolution over its input.</summary>
    private Value Convolved(Value input, Value output, ConvolutionSpec spec)
    {
        string name = _weights.NameOf(WeightPart.Convolution)!;
        long margin = spec.Width / 2;
        Value kernel = _layers.Small(_weights[name + ".weight"]), bias = _layers.Small(_weights[name + ".bias"]);
        Value convolved = _graph.Node("Conv", [_graph.Transpose(input, 0, 2, 1), kernel, bias], ("group", spec.Groups), ("pads", new[] { margin, margin }), ("kernel_shape", new[] { (long)spec.Width }));
        convolved = _graph.Multiply(_graph.Transpose(convolved, 0, 2, 1), _tokens.Real);
        Value sum = _graph.Add(output, _layers.Activate(spec.Activation, convolved));
        return _graph.Multiply(Norm(sum, spec.Norm, _weights.NameOf(WeightPart.ConvolutionNorm)!, _spec.HiddenSize), _tokens.Real);
    }

    private Value Norm(Value value, NormSpec spec, string name, long features) => _layers.Norm(value, spec, features, Optional(name + ".weight"), Optional(name + ".bias"));

    /// <summary>A linear layer outside the blocks, whose weight is <c>[out, in]</c> in all families.</summary>
    private Value Projection(Value input, WeightPart part, long inputs, long outputs)
    {
        string name = _weights.NameOf(part)!;
        Value? bias = Optional(name + ".bias") is { } vector ? _layers.Small(vector) : null;
        return _layers.Linear(input, name + ".weight", inputs, outputs, _weights[name + ".weight"].Values, bias);
    }

    private ModelWeight Table(WeightPart part) => _weights[_weights.NameOf(part) + ".weight"];

    private ModelWeight? Optional(string name) => _weights.Has(name) ? _weights[name] : null;
}
