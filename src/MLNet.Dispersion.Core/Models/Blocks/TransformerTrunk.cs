using System.Globalization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>What any spec's network is made of: embeddings, blocks and final norm, put under the names of its family's files.</summary>
internal sealed class TransformerTrunk
{
    private readonly LanguageBackbone _network;
    private readonly TransformerSpec _spec;
    private readonly WeightNames _names;
    private readonly IReadOnlyList<HeadSpec> _heads;
    private readonly EmbeddingTable? _positions;
    private readonly EmbeddingTable? _types;
    private readonly FeatureNorm? _embeddingNorm;
    private readonly ProjectionLayer? _embeddingProjection;
    private readonly RotaryEmbedding[] _rotaries;
    private readonly (AlibiSpec Alibi, int Heads)[] _alibis;
    private readonly int[] _windows;
    private readonly RelativeTable? _relative;
    private readonly Architecture _architecture;
    private readonly SharedPieces _shared;
    private readonly List<TransformerBlock> _blocks;
    private readonly ConvolutionLayer? _convolution;
    private readonly FeatureNorm? _convolutionNorm;
    private readonly FeatureNorm? _finalNorm;
    private readonly ProjectionLayer? _outputProjection;

    /// <summary>Makes the pieces and registers them with the network, which owns them.</summary>
    /// <param name="network">The network.</param>
    /// <param name="architecture">How it is made.</param>
    /// <param name="hasBlocks">Whether the blocks are made too; else <see cref="MakeBlock"/> makes them one by one.</param>
    internal TransformerTrunk(LanguageBackbone network, Architecture architecture, bool hasBlocks = true)
    {
        _architecture = architecture;
        (_network, _spec, _names, _heads) = (network, architecture.Spec, architecture.Names, architecture.Heads);
        ForwardContext context = network.Context;
        EmbeddingSpec embedding = _spec.Embedding;
        int embedded = embedding.Size ?? _spec.HiddenSize;
        int summed = embedding.ProjectsTokensAlone ? _spec.HiddenSize : embedded;

        // Encoders of Hugging Face's library leave the pads' row as it is; in the softmax over a row's positions pads would reach it.
        Tokens = new EmbeddingTable(context, _spec.VocabularySize, embedded, _spec.IsCausal ? null : network.Info.PadTokenId);
        _positions = embedding.HasPositions ? new EmbeddingTable(context, _spec.ContextLength + embedding.PositionOffset, summed) : null;
        _types = embedding.TokenTypeCount > 0 ? new EmbeddingTable(context, embedding.TokenTypeCount, summed) : null;
        _embeddingNorm = embedding.Norm is null ? null : LayerMaker.Norm(embedding.Norm, summed);
        _embeddingProjection = embedding.Size is null ? null : new ProjectionLayer(context, embedded, _spec.HiddenSize, hasBias: !embedding.ProjectsTokensAlone);
        AttentionSpec[] attentions = [.. Enumerable.Range(0, _spec.BlockCount).Select(block => _spec.BlockOf(block).Attention)];
        Dictionary<RotarySpec, RotaryEmbedding> rotaries = attentions.Select(attention => attention.Rotary).OfType<RotarySpec>().Distinct().ToDictionary(rotary => rotary, rotary => new RotaryEmbedding(rotary));
        _rotaries = [.. rotaries.Values];
        _alibis = [.. attentions.Where(attention => attention.Alibi is not null).Select(attention => (attention.Alibi!, attention.HeadCount)).Distinct()];
        _windows = [.. attentions.Select(attention => attention.Window).OfType<int>().Distinct()];
        _relative = attentions[0].Relative is { } relative ? new RelativeTable(context, relative, attentions[0].HeadCount, _spec.HiddenSize) : null;
        ChangesBeyond = rotaries.Keys.Select(rotary => rotary.Scaling?.ChangesBeyond).Min();
        _shared = new SharedPieces(rotaries, _relative);
        _blocks = hasBlocks ? [.. Enumerable.Range(0, _spec.BlockCount).Select(MakeBlock)] : [];
        _convolution = _spec.Convolution is null ? null : new ConvolutionLayer(context, _spec.Convolution, _spec.HiddenSize);
        _convolutionNorm = _spec.Convolution is null ? null : LayerMaker.Norm(_spec.Convolution.Norm, _spec.HiddenSize);
        _finalNorm = _spec.FinalNorm is null ? null : LayerMaker.Norm(_spec.FinalNorm, _spec.HiddenSize);
        int final = _spec.OutputSize ?? _spec.HiddenSize;
        _outputProjection = _spec.OutputSize is null ? null : new ProjectionLayer(context, _spec.HiddenSize, final, hasBias: false);
        Head = _spec is { IsCausal: true, Head: HeadKind.Own } ? new ProjectionLayer(context, final, _spec.VocabularySize, _spec.HasHeadBias) : null;
        Pooler = _spec.Summary == SummaryKind.Pooler ? new ProjectionLayer(context, _spec.HiddenSize, _spec.HiddenSize, hasBias: true) : null;
        Pieces =
        [
            (WeightPart.Tokens, Tokens),
            (WeightPart.Positions, _positions),
            (WeightPart.TokenTypes, _types),
            (WeightPart.EmbeddingNorm, _embeddingNorm),
            (WeightPart.EmbeddingProjection, _embeddingProjection),
            (WeightPart.RelativePositions, _relative?.Rows),
            (WeightPart.RelativeNorm, _relative?.Norm),
            (WeightPart.Convolution, _convolution),
            (WeightPart.ConvolutionNorm, _convolutionNorm),
            (WeightPart.FinalNorm, _finalNorm),
            (WeightPart.OutputProjection, _outputProjection),
            (WeightPart.Head, Head),
            (WeightPart.Pooler, Pooler),
        ];
        if (_names.BlockNumbers is { } numbers && numbers.Count != _spec.BlockCount)
        {
            throw new ArgumentException($"WeightNames.BlockNumbers has {numbers.Count} names; there are {_spec.BlockCount} blocks.");
        }

        Register([.. Pieces], "", _names.Stem);
        for (int block = 0; block < _blocks.Count; block++)
        {
            (WeightPart Part, object? Piece)[] pieces = [.. _blocks[block].Pieces];
            RequireNames(pieces, _names.Block);
            Register(pieces, PrefixOf(block), _names.Block);
        }

        Register([.. Pieces], "", _names.Tail);
        RequireNames([.. Pieces], [.. _names.Stem, .. _names.Tail]);
    }

    /// <summary>The pieces around the blocks, by what they are for; null where the spec has none.</summary>
    internal IReadOnlyList<(WeightPart Part, object? Piece)> Pieces { get; }

    /// <summary>The token embedding, which is the head as well where that is tied.</summary>
    internal EmbeddingTable Tokens { get; }

    /// <summary>A head of its own, or null.</summary>
    internal ProjectionLayer? Head { get; }

    /// <summary>The name of a head that is the token embedding; null where it is not.</summary>
    internal string? TiedHeadName => _spec is { IsCausal: true, Head: HeadKind.Tied } ? Outside.FirstOrDefault(named => named.Part == WeightPart.Head).Name : null;

    /// <summary>The name of the token embedding.</summary>
    internal string TableName => Outside.First(named => named.Part == WeightPart.Tokens).Name;

    /// <summary>The pooler, or null.</summary>
    internal ProjectionLayer? Pooler { get; }

    /// <summary>The length beyond which the states of all tokens change, so that what was read before must be read again; null where there is none.</summary>
    internal int? ChangesBeyond { get; }

    /// <summary>Blocks with weights of their own; some families use one in several layers.</summary>
    internal int BlockCount => _spec.BlockCount;

    /// <summary>Layers, each of which runs a block.</summary>
    internal int LayerCount => _spec.LayerCount;

    /// <summary>The block that a layer runs.</summary>
    internal int BlockOf(int layer) => _spec.SharedBlocks?[layer] ?? layer;

    /// <summary>A block's pieces, alike.</summary>
    internal IEnumerable<(WeightPart Part, object? Piece)> PiecesOf(int block) => _blocks[block].Pieces;

    /// <summary>Makes a block, whose pieces belong to the caller.</summary>
    internal TransformerBlock MakeBlock(int block) => new(_network, _network.Context, _architecture, _shared, block);

    /// <summary>The parameters of a block that <see cref="MakeBlock"/> made, by their names in the network.</summary>
    internal Dictionary<string, Parameter> ParametersOf(TransformerBlock block, int number)
    {
        var parameters = new Dictionary<string, Parameter>(StringComparer.Ordinal);
        foreach (var (part, name) in _names.Block)
        {
            string path = PrefixOf(number) + name;
            switch (block.Pieces.FirstOrDefault(piece => piece.Part == part).Piece)
            {
                case Parameter parameter:
                    parameters.Add(path, parameter);
                    break;
                case nn.Module module:
                    module.named_parameters().ToList().ForEach(named => parameters.Add($"{path}.{named.name}", named.parameter));
                    break;
            }
        }

        return parameters;
    }

    /// <summary>From the token ids of whole sequences to hidden states, with or without gradients.</summary>
    /// <param name="inputIds"><c>[B, L]</c>, int64; checked.</param>
    /// <param name="attentionMask">Which are real, <c>[B, L]</c>, bool; null when all are.</param>
    /// <param name="tokenTypeIds">Which text of a pair each belongs to, <c>[B, L]</c>, int64; null when all belong to the first.</param>
    /// <param name="selection">Which hidden states to keep.</param>
    /// <param name="texts">The texts that share rows; null where each row is one.</param>
    internal BackboneOutput Forward(Tensor inputIds, Tensor? attentionMask, Tensor? tokenTypeIds, HiddenStateSelection selection, PackedTexts? texts = null)
    {
        ForwardContext context = _network.Context;
        if (_network.training)
        {
            // The weights are about to change.
            _network.Forget();
        }

        // The scope keeps every intermediate tensor alive until its last call has returned, whatever the garbage collector does meanwhile.
        // Checkpointed blocks need masks and position tables once more in the backward pass: these then live as long as the caller's scope.
        using var scope = context.ActivationCheckpointing ? null : NewDisposeScope();
        BackboneOutput output = Run(inputIds, attentionMask, tokenTypeIds, selection, pass: null, texts);
        scope?.MoveToOuter([.. output.HiddenStates.OfType<Tensor>().Append(output.LastHiddenState).Distinct<Tensor>(ReferenceEqualityComparer.Instance)]);
        return output;
    }

    /// <summary>From the token ids behind those in a cache to their final states, <c>[B, L, F]</c>.</summary>
    /// <param name="inputIds"><c>[B, L]</c>, int64; checked.</param>
    /// <param name="attentionMask">Which are real, <c>[B, L]</c>, bool; null when all are.</param>
    /// <param name="pass">Where keys and values are kept and those of earlier tokens are found.</param>
    internal Tensor Continue(Tensor inputIds, Tensor? attentionMask, CachedPass pass) =>
        Run(inputIds, attentionMask, tokenTypeIds: null, HiddenStateSelection.None, pass).LastHiddenState;

    /// <summary>The name of our parameter for a file's tensor; of one of a task's head, the name that its spec has.</summary>
    internal string ParameterName(string tensorName)
    {
        string name = Aliased(tensorName);
        if (_names.Prefix.Length == 0 || IsOfHead(name))
        {
            return name;
        }

        if (_heads.Select(head => head.Prefix).FirstOrDefault(prefix => prefix is not null && name.StartsWith(prefix, StringComparison.Ordinal)) is { } other)
        {
            name = _names.Prefix + name[other.Length..];
        }

        return HasPrefix ? WithPrefix(name) : name.StartsWith(_names.Prefix, StringComparison.Ordinal) ? name[_names.Prefix.Length..] : name;
    }

    /// <summary>The name in saved files of a parameter. Under a head the network's names have the prefix of the head's class: without it older releases of Hugging Face's library call the file damaged, since a head's tensors stand among names of the bare network.</summary>
    /// <param name="parameterName">The parameter's.</param>
    /// <param name="head">The head that is saved with it; null where there is none.</param>
    internal string TensorName(string parameterName, HeadSpec? head)
    {
        if (head is null)
        {
            return parameterName;
        }

        bool hasPrefix = parameterName.StartsWith(_names.Prefix, StringComparison.Ordinal);
        return hasPrefix || !HasPrefix ? (head.Prefix ?? _names.Prefix) + parameterName[(hasPrefix ? _names.Prefix.Length : 0)..] : parameterName;
    }

    /// <summary>Where a parameter takes part first: 0 the embeddings, k the k-th layer, one more than there are layers what stands behind.</summary>
    internal int LayerOf(string parameterName)
    {
        for (int layer = 0; layer < LayerCount; layer++)
        {
            if (parameterName.StartsWith(PrefixOf(BlockOf(layer)), StringComparison.Ordinal))
            {
                return layer + 1;
            }
        }

        return _names.Stem.Any(named => parameterName.StartsWith(named.Name, StringComparison.Ordinal)) ? 0 : LayerCount + 1;
    }

    /// <summary>Whether a file's tensor is no parameter.</summary>
    internal bool IsIgnorable(string tensorName) =>
        IsOfHead(Aliased(tensorName))
        || _names.IgnoredEndings.Any(ending => tensorName.EndsWith(ending, StringComparison.Ordinal))
        || _names.IgnoredBeginnings.Any(beginning => tensorName.StartsWith(beginning, StringComparison.Ordinal))
        || (_spec is { IsCausal: true, Head: HeadKind.Tied } && Outside.Any(named => named.Part == WeightPart.Head && tensorName == named.Name + ".weight"));

    /// <summary>What the standard deviation of a random initial weight is multiplied by.</summary>
    internal double InitializerScale(string parameterName) =>
        _spec.ScalesResidualInitialisation
        && _names.Block.Any(named => named.Part is WeightPart.AttentionOutput or WeightPart.MlpDown && parameterName.EndsWith($".{named.Name}.weight", StringComparison.Ordinal))
            ? 1 / Math.Sqrt(2.0 * _spec.LayerCount)
            : 1;

    private IEnumerable<(WeightPart Part, string Name)> Outside => _names.Stem.Concat(_names.Tail);

    /// <summary>Whether the parameters' own names have the prefix, as decoders' have; encoders' have not.</summary>
    private bool HasPrefix => Outside.Any(named => named.Name.StartsWith(_names.Prefix, StringComparison.Ordinal));

    private string PrefixOf(int block) => $"{_names.Blocks}.{_names.BlockNumbers?[block] ?? block.ToString(CultureInfo.InvariantCulture)}.";

    private string Aliased(string tensorName)
    {
        foreach (var (ending, instead) in _names.Aliases)
        {
            if (tensorName.EndsWith(ending, StringComparison.Ordinal))
            {
                return tensorName[..^ending.Length] + instead;
            }
        }

        return tensorName;
    }

    private bool IsOfHead(string tensorName) => _heads.Any(head => head.Owns(tensorName));

    private string WithPrefix(string name) =>
        name.StartsWith(_names.Prefix, StringComparison.Ordinal) || Outside.Any(named => !named.Name.StartsWith(_names.Prefix, StringComparison.Ordinal) && name.StartsWith(named.Name + ".", StringComparison.Ordinal))
            ? name
            : _names.Prefix + name;

    /// <summary>Runs the blocks and keeps the hidden states that were asked for; the last block's raw output is replaced by the final norm's.</summary>
    private BackboneOutput Run(Tensor inputIds, Tensor? attentionMask, Tensor? tokenTypeIds, HiddenStateSelection selection, CachedPass? pass, PackedTexts? texts = null)
    {
        Surroundings around = Around(inputIds, attentionMask, pass, texts);
        var kept = new Tensor?[LayerCount + 1];
        Tensor state = Embed(inputIds, attentionMask, tokenTypeIds, around.View);
        for (int layer = 0; layer < LayerCount; layer++)
        {
            kept[layer] = selection.Includes(layer) ? state : null;

            // What the graph does not keep of a block ends with it.
            using var scope = NewDisposeScope();
            state = RunLayer(layer, _blocks[BlockOf(layer)], state, attentionMask, around).MoveToOuterDisposeScope();
        }

        Tensor last = Finish(state);
        kept[^1] = selection.Includes(LayerCount) ? last : null;
        return new BackboneOutput(last, kept);
    }

    /// <summary>What the blocks see of a batch beside its state.</summary>
    internal Surroundings Around(Tensor inputIds, Tensor? attentionMask, CachedPass? pass, PackedTexts? texts = null)
    {
        var view = new TokenView(inputIds, attentionMask, _spec.IsCausal, pass, _windows, texts);
        return new Surroundings(
            view,
            _rotaries.ToDictionary(rotary => rotary, rotary => rotary.Tables(view)),
            _alibis.ToDictionary(kind => kind.Alibi, kind => AlibiBias.Of(kind.Alibi, kind.Heads, view)));
    }

    /// <summary>One hidden state to the next, <c>[B, L, F]</c>.</summary>
    internal Tensor RunLayer(int layer, TransformerBlock block, Tensor state, Tensor? attentionMask, Surroundings around)
    {
        ForwardContext context = _network.Context;
        Tensor next = context.ActivationCheckpointing && is_grad_enabled() && state.requires_grad
            ? RecomputedBlock.Run(state, input => block.Forward(input, around), context.DropoutGenerator)
            : block.Forward(state, around);
        return layer == 0 && _convolution is not null ? Convolved(state, next, attentionMask) : next;
    }

    /// <summary>The last hidden state, from what the last block gives.</summary>
    internal Tensor Finish(Tensor state)
    {
        Tensor last = _finalNorm is null ? state : _finalNorm.Forward(state);
        return _outputProjection is null ? last : _outputProjection.Forward(last).to(ScalarType.Float32);
    }

    /// <summary>A block's output with that of the convolution over its input.</summary>
    private Tensor Convolved(Tensor input, Tensor output, Tensor? attentionMask)
    {
        ForwardContext context = _network.Context;
        Tensor? real = attentionMask?.unsqueeze(2);
        Tensor convolved = _convolution!.Forward(input);
        convolved = real is null ? convolved : convolved.mul(real.to(convolved.dtype));
        convolved = context.Drop(convolved, context.Dropout(_spec.Block.Dropout ?? 0, _network.training));
        Tensor sum = _convolutionNorm!.Forward(output.Plus(_spec.Convolution!.Activation.Apply(convolved)));
        return real is null ? sum : sum.mul(real.to(sum.dtype));
    }

    /// <summary>Hidden state 0, <c>[B, L, F]</c>.</summary>
    internal Tensor Embed(Tensor inputIds, Tensor? attentionMask, Tensor? tokenTypeIds, TokenView view)
    {
        EmbeddingSpec embedding = _spec.Embedding;
        Tensor state = Tokens.ForwardTokens(inputIds, attentionMask);
        state = embedding.Scale == 1 ? state : state.Times(embedding.Scale);
        if (embedding.ProjectsTokensAlone)
        {
            state = _embeddingProjection!.Forward(state).to(ScalarType.Float32);
        }

        if (_types is not null)
        {
            // Without types, or with one row, all tokens are of the first text: its row is added to every token.
            state = state.Plus(tokenTypeIds is null || embedding.TokenTypeCount == 1 ? _types.Rows(0, 1) : _types.Forward(tokenTypeIds));
        }

        if (_positions is not null)
        {
            state = state.Plus(Positions(_positions, inputIds, view));
        }

        state = _embeddingNorm is null ? state : _embeddingNorm.Forward(state);
        if (embedding.IsZeroAtPadding && attentionMask is not null)
        {
            state = state.mul(attentionMask.unsqueeze(2).to(state.dtype));
        }

        state = embedding.Dropout is { } dropout ? _network.Context.Drop(state, _network.Context.Dropout(dropout, _network.training)) : state;
        return _embeddingProjection is null || embedding.ProjectsTokensAlone ? state : _embeddingProjection.Forward(state).to(ScalarType.Float32);
    }

    private Tensor Positions(EmbeddingTable table, Tensor inputIds, TokenView view)
    {
        int offset = _spec.Embedding.PositionOffset;
        if (_spec.Embedding.UncountedToken is not { } uncounted)
        {
            return view.Places is { } places ? table.Forward(offset == 0 ? places : places.Shifted(offset)) : table.Rows(offset, inputIds.shape[1]);
        }

        Tensor counted = inputIds.Is(uncounted).logical_not().to(ScalarType.Int64);
        return table.Forward(counted.cumsum(1).mul(counted).Shifted(uncounted));
    }

    /// <summary>Gives the network a head of its own in the place of the tied one.</summary>
    internal void Register(ProjectionLayer head) => Place(_network, TiedHeadName!, head);

    // In the order of the names: it is that of named_parameters().
    private void Register((WeightPart Part, object? Piece)[] pieces, string prefix, IReadOnlyList<(WeightPart Part, string Name)> names)
    {
        foreach (var (part, name) in names)
        {
            if (pieces.FirstOrDefault(piece => piece.Part == part).Piece is { } piece)
            {
                Place(_network, prefix + name, piece);
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

    /// <summary>Puts a module or a parameter under a name with points below another module.</summary>
    internal static void Place(nn.Module root, string path, object piece)
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

        if (piece is Parameter parameter)
        {
            root.register_parameter(parts[^1], parameter);
        }
        else
        {
            root.register_module(parts[^1], (nn.Module)piece);
        }
    }

    /// <summary>A level of names.</summary>
    private sealed class Group(string name) : nn.Module(name);
}
