using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>What any spec's network is made of: embeddings, blocks and final norm, put under the names of its family's files.</summary>
internal sealed class TransformerTrunk
{
    private readonly LanguageBackbone _network;
    private readonly TransformerSpec _spec;
    private readonly WeightNames _names;
    private readonly EmbeddingTable? _positions;
    private readonly EmbeddingTable? _types;
    private readonly ILayer? _embeddingNorm;
    private readonly List<TransformerBlock> _blocks;
    private readonly ILayer? _finalNorm;
    private readonly RotaryEmbedding? _rotary;

    /// <summary>Makes the pieces and registers them with the network, which owns them.</summary>
    internal TransformerTrunk(LanguageBackbone network, Architecture architecture)
    {
        (_network, _spec, _names) = (network, architecture.Spec, architecture.Names);
        ForwardContext context = network.Context;
        EmbeddingSpec embedding = _spec.Embedding;
        Tokens = new EmbeddingTable(context, _spec.VocabularySize, _spec.HiddenSize);
        _positions = embedding.HasPositions ? new EmbeddingTable(context, _spec.ContextLength, _spec.HiddenSize) : null;
        _types = embedding.TokenTypeCount > 0 ? new EmbeddingTable(context, embedding.TokenTypeCount, _spec.HiddenSize) : null;
        _embeddingNorm = embedding.Norm is null ? null : LayerMaker.Norm(embedding.Norm, _spec.HiddenSize);
        RotarySpec? rotary = _spec.Block.Attention.Rotary;
        _rotary = rotary is null ? null : new RotaryEmbedding(rotary.Dimensions, rotary.Theta, rotary.Scaling);
        _blocks = [.. Enumerable.Range(0, _spec.LayerCount).Select(layer => new TransformerBlock(network, context, architecture, _rotary, layer))];
        _finalNorm = _spec.FinalNorm is null ? null : LayerMaker.Norm(_spec.FinalNorm, _spec.HiddenSize);
        Head = _spec is { IsCausal: true, Head: HeadKind.Own } ? new ProjectionLayer(context, _spec.HiddenSize, _spec.VocabularySize, hasBias: false) : null;
        Pooler = _spec.Summary == SummaryKind.Pooler ? new ProjectionLayer(context, _spec.HiddenSize, _spec.HiddenSize, hasBias: true) : null;
        (WeightPart, object?)[] around =
        [
            (WeightPart.Tokens, Tokens),
            (WeightPart.Positions, _positions),
            (WeightPart.TokenTypes, _types),
            (WeightPart.EmbeddingNorm, _embeddingNorm),
            (WeightPart.FinalNorm, _finalNorm),
            (WeightPart.Head, Head),
            (WeightPart.Pooler, Pooler),
        ];
        Register(around, "", _names.Stem);
        for (int layer = 0; layer < _blocks.Count; layer++)
        {
            (WeightPart Part, object? Piece)[] pieces = [.. _blocks[layer].Pieces];
            RequireNames(pieces, _names.Block);
            Register(pieces, $"{_names.Blocks}.{layer}.", _names.Block);
        }

        Register(around, "", _names.Tail);
        RequireNames(around, [.. _names.Stem, .. _names.Tail]);
    }

    /// <summary>The token embedding, which is the head as well where that is tied.</summary>
    internal EmbeddingTable Tokens { get; }

    /// <summary>A head of its own, or null.</summary>
    internal ProjectionLayer? Head { get; }

    /// <summary>The name of a head that is the token embedding; null where it is not.</summary>
    internal string? TiedHeadName => _spec is { IsCausal: true, Head: HeadKind.Tied } ? Around.FirstOrDefault(named => named.Part == WeightPart.Head).Name : null;

    /// <summary>The pooler, or null.</summary>
    internal ProjectionLayer? Pooler { get; }

    /// <summary>From the token ids of whole sequences to hidden states, with or without gradients.</summary>
    /// <param name="inputIds"><c>[B, L]</c>, int64; checked.</param>
    /// <param name="attentionMask">Which are real, <c>[B, L]</c>, bool; null when all are.</param>
    /// <param name="tokenTypeIds">Which text of a pair each belongs to, <c>[B, L]</c>, int64; null when all belong to the first.</param>
    /// <param name="selection">Which hidden states to keep.</param>
    internal BackboneOutput Forward(Tensor inputIds, Tensor? attentionMask, Tensor? tokenTypeIds, HiddenStateSelection selection)
    {
        ForwardContext context = _network.Context;
        if (_network.training)
        {
            // The weights are about to change.
            context.Copies.Drop();
        }

        // The scope keeps every intermediate tensor alive until its last call has returned, whatever the garbage collector does meanwhile.
        // Checkpointed blocks need masks and position tables once more in the backward pass: these then live as long as the caller's scope.
        using var scope = context.ActivationCheckpointing ? null : NewDisposeScope();
        BackboneOutput output = Run(inputIds, attentionMask, tokenTypeIds, selection, pass: null);
        scope?.MoveToOuter([.. output.HiddenStates.OfType<Tensor>().Append(output.LastHiddenState).Distinct<Tensor>(ReferenceEqualityComparer.Instance)]);
        return output;
    }

    /// <summary>From the token ids behind those in a cache to their final states, <c>[B, L, F]</c>.</summary>
    /// <param name="inputIds"><c>[B, L]</c>, int64; checked.</param>
    /// <param name="attentionMask">Which are real, <c>[B, L]</c>, bool; null when all are.</param>
    /// <param name="pass">Where keys and values are kept and those of earlier tokens are found.</param>
    internal Tensor Continue(Tensor inputIds, Tensor? attentionMask, CachedPass pass) =>
        Run(inputIds, attentionMask, tokenTypeIds: null, HiddenStateSelection.None, pass).LastHiddenState;

    /// <summary>The name of our parameter for a file's tensor.</summary>
    internal string ParameterName(string tensorName)
    {
        string name = tensorName;
        if (_names.Prefix.Length > 0)
        {
            bool isOurs = Around.Any(named => named.Name.StartsWith(_names.Prefix, StringComparison.Ordinal));
            name = isOurs ? WithPrefix(name) : name.StartsWith(_names.Prefix, StringComparison.Ordinal) ? name[_names.Prefix.Length..] : name;
        }

        foreach (var (ending, instead) in _names.Aliases)
        {
            if (name.EndsWith(ending, StringComparison.Ordinal))
            {
                return name[..^ending.Length] + instead;
            }
        }

        return name;
    }

    /// <summary>Whether a file's tensor is no parameter.</summary>
    internal bool IsIgnorable(string tensorName) =>
        _names.IgnoredEndings.Any(ending => tensorName.EndsWith(ending, StringComparison.Ordinal))
        || _names.IgnoredBeginnings.Any(beginning => tensorName.StartsWith(beginning, StringComparison.Ordinal))
        || (_spec is { IsCausal: true, Head: HeadKind.Tied } && Around.Any(named => named.Part == WeightPart.Head && tensorName == named.Name + ".weight"));

    /// <summary>What the standard deviation of a random initial weight is multiplied by.</summary>
    internal double InitializerScale(string parameterName) =>
        _spec.ScalesResidualInitialisation
        && _names.Block.Any(named => named.Part is WeightPart.AttentionOutput or WeightPart.MlpDown && parameterName.EndsWith($".{named.Name}.weight", StringComparison.Ordinal))
            ? 1 / Math.Sqrt(2.0 * _spec.LayerCount)
            : 1;

    private IEnumerable<(WeightPart Part, string Name)> Around => _names.Stem.Concat(_names.Tail);

    private string WithPrefix(string name) =>
        name.StartsWith(_names.Prefix, StringComparison.Ordinal) || Around.Any(named => !named.Name.StartsWith(_names.Prefix, StringComparison.Ordinal) && name.StartsWith(named.Name + ".", StringComparison.Ordinal))
            ? name
            : _names.Prefix + name;

    /// <summary>Runs the blocks and keeps the hidden states that were asked for; the last block's raw output is replaced by the final norm's.</summary>
    private BackboneOutput Run(Tensor inputIds, Tensor? attentionMask, Tensor? tokenTypeIds, HiddenStateSelection selection, CachedPass? pass)
    {
        ForwardContext context = _network.Context;
        var around = new TransformerBlock.Surroundings(
            _spec.IsCausal ? new CausalMask(attentionMask, pass, inputIds.device) : null,
            _spec.IsCausal ? null : attentionMask?.view(-1, 1, 1, attentionMask.shape[1]),
            _rotary?.Tables(inputIds, pass));
        var kept = new Tensor?[_blocks.Count + 1];
        Tensor state = Embed(inputIds, attentionMask, tokenTypeIds, pass);
        for (int layer = 0; layer < _blocks.Count; layer++)
        {
            kept[layer] = selection.Includes(layer) ? state : null;

            // What the graph does not keep of a block ends with it.
            using var scope = NewDisposeScope();
            TransformerBlock block = _blocks[layer];
            state = context.ActivationCheckpointing && is_grad_enabled() && state.requires_grad
                ? RecomputedBlock.Run(state, input => block.Forward(input, around), context.DropoutGenerator).MoveToOuterDisposeScope()
                : block.Forward(state, around).MoveToOuterDisposeScope();
        }

        Tensor last = _finalNorm is null ? state : _finalNorm.Forward(state);
        kept[^1] = selection.Includes(_blocks.Count) ? last : null;
        return new BackboneOutput(last, kept);
    }

    /// <summary>Hidden state 0, <c>[B, L, F]</c>.</summary>
    private Tensor Embed(Tensor inputIds, Tensor? attentionMask, Tensor? tokenTypeIds, CachedPass? pass)
    {
        Tensor state = Tokens.ForwardTokens(inputIds, attentionMask);
        state = _spec.Embedding.Scale == 1 ? state : state.Times(_spec.Embedding.Scale);
        if (_types is not null)
        {
            // Without types all tokens are of the first text: its row is added to every token.
            state = state.Plus(tokenTypeIds is null ? _types.First(1) : _types.Forward(tokenTypeIds));
        }

        if (_positions is not null)
        {
            state = state.Plus(pass is null ? _positions.First(inputIds.shape[1]) : _positions.Forward(pass.Positions(inputIds.device)));
        }

        state = _embeddingNorm is null ? state : _embeddingNorm.Forward(state);
        return _spec.Embedding.Dropout is { } dropout ? _network.Context.Drop(state, _network.Context.Dropout(dropout, _network.training)) : state;
    }

    /// <summary>Gives the network a head of its own in the place of the tied one.</summary>
    internal void Register(ProjectionLayer head) => Place(_network, TiedHeadName!, head);

    // In the order of the names: it is that of named_parameters().
    private void Register((WeightPart Part, object? Piece)[] pieces, string prefix, IReadOnlyList<(WeightPart Part, string Name)> names)
    {
        foreach (var (part, name) in names)
        {
            if (pieces.FirstOrDefault(piece => piece.Part == part).Piece is nn.Module module)
            {
                Place(_network, prefix + name, module);
            }
        }
    }

    private static void RequireNames((WeightPart Part, object? Piece)[] pieces, IReadOnlyList<(WeightPart Part, string Name)> names)
    {
        foreach (var (part, piece) in pieces)
        {
            if (piece is not null && !names.Any(named => named.Part == part))
            {
                throw new ArgumentException($"The spec asks for a piece of the kind {part}, which WeightNames does not name.");
            }
        }
    }

    private static void Place(nn.Module root, string path, nn.Module module)
    {
        string[] parts = path.Split('.');
        foreach (string part in parts[..^1])
        {
            nn.Module? inner = root.named_children().FirstOrDefault(child => child.name == part).module;
            if (inner is null)
            {
                inner = new Group(part);
                root.register_module(part, inner);
            }

            root = inner;
        }

        root.register_module(parts[^1], module);
    }

    /// <summary>A level of names.</summary>
    private sealed class Group(string name) : nn.Module(name);
}
