namespace MLNet.Dispersion.Onnx;

/// <summary>The head of a task on the final states.</summary>
internal sealed class HeadGraph(LayerGraph layers, TrunkGraph trunk, PoolingGraph pooling, LanguageBackbone backbone)
{
    private readonly GraphBuilder _graph = layers.Graph;

    /// <summary>The numbers of a family's own head: <c>[B, K]</c>, or <c>[B, L, K]</c> of one for each token.</summary>
    internal Value Outputs(PretrainedHead head, Value states)
    {
        HeadSpec spec = head.Spec;
        var weights = head.Parameters.ToDictionary(pair => pair.Name, pair => new ModelWeight(pair.Name, pair.Parameter.shape, () => pair.Parameter), StringComparer.Ordinal);
        Value value = Read(spec, states);
        foreach (HeadLayer layer in spec.Layers)
        {
            ModelWeight? weight = weights.GetValueOrDefault(layer.Name + ".weight"), bias = weights.GetValueOrDefault(layer.Name + ".bias");
            Value result = layer.Norm is { } norm
                ? layers.Norm(value, norm, weight?.Shape[^1] ?? backbone.Info.FinalSize, weight, bias)
                : Linear(value, weight!, bias, isExact: false);
            value = layer.Activation is { } activation ? layers.Activate(activation, result) : result;
        }

        ModelWeight? last = weights.GetValueOrDefault(spec.Output + ".weight"), shift = weights.GetValueOrDefault(spec.BiasName ?? spec.Output + ".bias");
        return last is null
            ? trunk.ByTokens(value, shift is null ? null : layers.Small(shift))
            : Linear(value, last, shift, isExact: spec.Task != HeadTask.MaskedTokens);
    }

    /// <summary>The numbers of a text, <c>[B, K]</c>, as the loss of training saw them.</summary>
    internal Value Outputs(FineTunedTextModel model, Value states)
    {
        ScoreHead head = model.Head!;
        if (head.Own is { } own)
        {
            return Outputs(own, states);
        }

        return Linear(Vector(model, states), new ModelWeight("score.weight", head.Weight.shape, () => head.Weight), bias: null, isExact: true);
    }

    /// <summary>The vector of each text, <c>[B, F]</c>.</summary>
    internal Value Vector(FineTunedTextModel model, Value states) => model.Pooling != TextPooling.Family ? pooling.Pool(states, model.Pooling, model.AttentionQuery)
        : backbone.IsCausal ? pooling.Pool(states, TextPooling.LastToken)
        : trunk.Pooled(pooling.Pool(states, TextPooling.FirstToken));

    private Value Linear(Value input, ModelWeight weight, ModelWeight? bias, bool isExact) =>
        layers.Linear(input, weight.Name, weight.Shape[1], weight.Shape[0], weight.Values, bias is null ? null : layers.Small(bias), isExact);

    private Value Read(HeadSpec spec, Value states) => spec.Reading switch
    {
        HeadReading.EachToken => states,
        HeadReading.LastToken => pooling.Last(states, backbone.Info.PadTokenId),
        HeadReading.FirstToken => pooling.Pool(states, TextPooling.FirstToken),
        HeadReading.Pooler => trunk.Pooled(pooling.Pool(states, TextPooling.FirstToken)),
        HeadReading.Mean => pooling.Pool(states, TextPooling.Mean),
        _ => throw new NotSupportedException($"No graph is known for heads that read {spec.Reading}"),
    };
}
