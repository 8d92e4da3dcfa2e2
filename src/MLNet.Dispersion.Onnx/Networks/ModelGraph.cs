using DataType = Onnx.TensorProto.Types.DataType;

namespace MLNet.Dispersion.Onnx;

/// <summary>The graph of a whole model, from token ids to what it is for.</summary>
internal sealed class ModelGraph
{
    private const string Batch = "batch_size";
    private const string Length = "sequence_length";

    private readonly PretrainedLanguageModel _model;
    private readonly TransformerSpec _spec;
    private readonly OnnxSaveOptions _options;
    private readonly LayerGraph _layers;
    private readonly TokenGraph _tokens;
    private readonly TrunkGraph _trunk;

    private ModelGraph(PretrainedLanguageModel model, OnnxSaveOptions options)
    {
        Architecture architecture = model.Backbone.Architecture
            ?? throw new NotSupportedException($"its network ({Printable.Name(model.Backbone.Info.ModelType)}) is one of your own that no TransformerSpec describes, from which graphs are made");
        (_model, _spec, _options) = (model, architecture.Spec, options);
        Graph = new GraphBuilder(model.Backbone.Info.ModelType);
        _layers = new LayerGraph(Graph, options.Type);
        _tokens = new TokenGraph(Graph, _spec.IsCausal, options.HasPast, _spec.ContextLength, _spec.Embedding.TokenTypeCount > 1);
        _trunk = new TrunkGraph(_spec, _layers, new NetworkWeights(model.MergedWeights(), architecture.Names), _tokens);
    }

    /// <summary>The graph.</summary>
    internal GraphBuilder Graph { get; }

    private PoolingGraph Pooling => new(Graph, _tokens);

    private HeadGraph Heads => new(_layers, _trunk, Pooling, _model.Backbone);

    /// <summary>The graph of a language model, with its head where it has one.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">How; the content chosen, and all checked.</param>
    /// <exception cref="NotSupportedException">No graph is known for a part of the model; the message names it.</exception>
    internal static GraphBuilder Of(PretrainedLanguageModel model, OnnxSaveOptions options) => Made(model, options, graph => graph.Finish());

    /// <summary>The graph of a language model with a head that is not its own.</summary>
    /// <param name="model">The model.</param>
    /// <param name="head">The head.</param>
    /// <param name="options">How; checked.</param>
    /// <exception cref="NotSupportedException">No graph is known for a part of the model; the message names it.</exception>
    internal static GraphBuilder Of(PretrainedLanguageModel model, PretrainedHead head, OnnxSaveOptions options) => Made(model, options, graph => graph.FinishHead(head, graph.Run()));

    /// <summary>The graph of a fine-tuned model of texts: logits, and the scores that the library gives.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">How; checked.</param>
    /// <exception cref="NotSupportedException">No graph is known for a part of the model; the message names it.</exception>
    internal static GraphBuilder Of(FineTunedTextModel model, OnnxSaveOptions options) => Made(model.LanguageModel, options, graph => graph.Finish(model));

    /// <summary>The graph of a fine-tuned model of embeddings.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">How; checked.</param>
    /// <exception cref="NotSupportedException">No graph is known for a part of the model; the message names it.</exception>
    internal static GraphBuilder Of(TextEmbedder model, OnnxSaveOptions options) => Made(model.LanguageModel, options, graph => graph.Finish(model));

    private static GraphBuilder Made(PretrainedLanguageModel model, OnnxSaveOptions options, Action<ModelGraph> finish)
    {
        var graph = new ModelGraph(model, options);
        finish(graph);
        return graph.Graph;
    }

    private void Finish()
    {
        Value states = Run();
        switch (_options.Content)
        {
            case OnnxContent.Head:
                FinishHead(_model.Head!, states);
                break;
            case OnnxContent.NextTokens:
                Graph.Output(_trunk.Logits(states), "logits", DataType.Float, Batch, Length, _spec.VocabularySize);
                break;
            case OnnxContent.Embeddings:
                FinishEmbeddings(states, Pooling.Pool(states, _options.Pooling!.Value), _options.Normalize == true, _model.Backbone.Info.FinalSize);
                break;
            default:
                Graph.Output(states, "last_hidden_state", DataType.Float, Batch, Length, _model.Backbone.Info.FinalSize);
                if (_trunk.HasPooler)
                {
                    Graph.Output(_trunk.Pooled(Pooling.Pool(states, TextPooling.FirstToken)), "pooler_output", DataType.Float, Batch, _spec.HiddenSize);
                }

                break;
        }
    }

    private void FinishEmbeddings(Value states, Value vectors, bool normalize, int size)
    {
        Graph.Output(normalize ? Pooling.Normalized(vectors) : vectors, "sentence_embedding", DataType.Float, Batch, size);
        Graph.Output(states, "token_embeddings", DataType.Float, Batch, Length, _model.Backbone.Info.FinalSize);
    }

    private void Finish(TextEmbedder model)
    {
        Value states = Run();
        Value vectors = Heads.Vector(model, states);
        FinishEmbeddings(states, model.OutputCount < _model.Backbone.Info.FinalSize ? Graph.Slice(vectors, 1, 0, model.OutputCount) : vectors, model.Normalize, model.OutputCount);
    }

    private void FinishHead(PretrainedHead head, Value states)
    {
        Value outputs = Heads.Outputs(head, states);
        switch (head.Task)
        {
            case HeadTask.Sequence:
                Graph.Output(outputs, "logits", DataType.Float, Batch, head.OutputCount);
                break;
            case HeadTask.Spans:
                Value[] ends = Graph.Split(outputs, 2, 1, 1);
                Graph.Output(Graph.Squeeze(ends[0], 2), "start_logits", DataType.Float, Batch, Length);
                Graph.Output(Graph.Squeeze(ends[1], 2), "end_logits", DataType.Float, Batch, Length);
                break;
            default:
                Graph.Output(outputs, "logits", DataType.Float, Batch, Length, head.OutputCount);
                break;
        }
    }

    private void Finish(FineTunedTextModel model)
    {
        var (factor, shift) = model.OutputScale;
        Value logits = Graph.Plus(Graph.Times(Heads.Outputs(model, Run()), factor), shift);
        Graph.Output(logits, "logits", DataType.Float, Batch, model.OutputCount);
        Value scores = model switch
        {
            TextClassifier => Graph.Softmax(logits),
            TextMultiLabelClassifier => Graph.Node("Sigmoid", [logits]),
            _ => logits,
        };
        Graph.Output(scores, "scores", DataType.Float, Batch, model.OutputCount);
    }

    /// <summary>The last hidden state, and where the options ask for it keys and values in and out.</summary>
    private Value Run()
    {
        if (!_options.HasPast)
        {
            return _trunk.Run(null);
        }

        (Value Key, Value Value)[] past = [.. Enumerable.Range(0, _spec.LayerCount).Select(layer => (Cached(layer, "key"), Cached(layer, "value")))];
        Value states = _trunk.Run(past);
        foreach (var (layer, (key, value)) in past.Index())
        {
            Present(key, layer, nameof(key));
            Present(value, layer, nameof(value));
        }

        return states;
    }

    private Value Cached(int layer, string kind) => Graph.Input(FormattableString.Invariant($"past_key_values.{layer}.{kind}"), DataType.Float, Batch, AttentionOf(layer).KeyHeadCount, "past_sequence_length", AttentionOf(layer).HeadSize);

    private void Present(Value value, int layer, string kind) =>
        Graph.Output(value, FormattableString.Invariant($"present.{layer}.{kind}"), DataType.Float, Batch, AttentionOf(layer).KeyHeadCount, "past_sequence_length + sequence_length", AttentionOf(layer).HeadSize);

    private AttentionSpec AttentionOf(int layer) => _spec.BlockOf(_spec.SharedBlocks?[layer] ?? layer).Attention;
}
