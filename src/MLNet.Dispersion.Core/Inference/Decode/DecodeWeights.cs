using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>A network's numbers where they lie in memory, read off its spec and its pieces. Weights are torch's own; what differs from them by a little is a copy.</summary>
/// <remarks>Valid while the network's weights stay where they are. The owner disposes it.</remarks>
internal sealed unsafe class DecodeWeights : IDisposable
{
    private readonly DecodeMemory _memory = new();
    private readonly ForwardContext _context;
    private readonly GgufType _type;

    /// <summary>Tensors whose memory is read.</summary>
    private readonly List<Tensor> _kept = [];

    private DecodeWeights(DecoderNetwork network, GgufType type)
    {
        (_context, _type) = (network.Context, type);
        TransformerTrunk trunk = network.Trunk;
        Spec = network.Architecture.Spec;
        Tokens = Table(trunk.Tokens.Weight);
        var around = trunk.Pieces.ToDictionary(piece => piece.Part, piece => piece.Piece);
        Positions = around[WeightPart.Positions] is EmbeddingTable positions ? Floats(positions.Weight) : null;
        EmbeddingNorm = Norm(Spec.Embedding.Norm, around[WeightPart.EmbeddingNorm]);
        EmbeddingProjection = around[WeightPart.EmbeddingProjection] is IAdaptable embedding ? new DecodeProduct(Layer(embedding)) : null;
        FinalNorm = Norm(Spec.FinalNorm, around[WeightPart.FinalNorm]);
        OutputProjection = around[WeightPart.OutputProjection] is IAdaptable output ? new DecodeProduct(Layer(output)) : null;
        Head = new DecodeProduct(network.Head is { } head ? Layer(head) : Layer(trunk.Tokens.Weight, null, isInputsFirst: false, update: null));
        DecodeBlock[] blocks = [.. Enumerable.Range(0, trunk.BlockCount).Select(block => Block(block, trunk.PiecesOf(block)))];
        Layers = [.. Enumerable.Range(0, trunk.LayerCount).Select(layer => blocks[trunk.BlockOf(layer)])];
        HugePages.Ask(_kept);
    }

    internal TransformerSpec Spec { get; }

    /// <summary>The table of token embeddings, <c>[V, E]</c>.</summary>
    internal DecodeTable Tokens { get; }

    /// <summary>The table of positions, float32; null for none.</summary>
    internal float* Positions { get; }

    internal DecodeNorm? EmbeddingNorm { get; }

    internal DecodeProduct? EmbeddingProjection { get; }

    internal DecodeNorm? FinalNorm { get; }

    internal DecodeProduct? OutputProjection { get; }

    internal DecodeProduct Head { get; }

    /// <summary>The block of each layer.</summary>
    internal IReadOnlyList<DecodeBlock> Layers { get; }

    /// <summary>Why a network's step cannot be computed here; null where it can.</summary>
    internal static string? Refusal(LanguageBackbone backbone)
    {
        if (backbone is not DecoderNetwork network)
        {
            return $"a backbone of type {backbone.Info.ModelType} is made from no spec of a decoder";
        }

        if (!network.PredictsTokens)
        {
            return "the model has no language-model head";
        }

        if (network.parameters().FirstOrDefault(parameter => network.Context.Blocks.Of(parameter) is null && (parameter.device_type != TorchSharp.DeviceType.CPU || parameter.dtype != ScalarType.Float32 || !parameter.is_contiguous())) is { } other)
        {
            return $"a weight is {other.dtype} on {other.device}, and float32 on the processor is read alone";
        }

        TransformerTrunk trunk = network.Trunk;
        if (trunk.ChangesBeyond is not null && network.ComputeType != ScalarType.Float32)
        {
            return "positions are stretched by the length, with keys that are not float32";
        }

        (WeightPart Part, object? Piece)[] pieces = [.. trunk.Pieces, .. Enumerable.Range(0, trunk.BlockCount).SelectMany(trunk.PiecesOf)];
        if (pieces.Any(piece => piece.Piece is EmbeddingTable { Update: not null }))
        {
            return "an adapter changes rows of a table";
        }

        if (pieces.Select(piece => piece.Piece).Append(network.Head).Any(piece => piece is IAdaptable { Update.Magnitude: not null }))
        {
            return "an adapter is of the kind DoRA";
        }

        return Enumerable.Range(0, trunk.BlockCount).Select(block => network.Architecture.Spec.BlockOf(block).Attention).Select(Refusal).FirstOrDefault(reason => reason is not null);
    }

    /// <summary>Reads a network that <see cref="Refusal(LanguageBackbone)"/> has nothing against.</summary>
    /// <param name="backbone">The network.</param>
    /// <param name="type">How matrices are held that are not in a file's blocks: F32, BF16, or Q8_0, with BF16 for those whose rows are no whole blocks.</param>
    internal static DecodeWeights Of(LanguageBackbone backbone, GgufType type) => new((DecoderNetwork)backbone, type);

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    private static string? Refusal(AttentionSpec attention) =>
        attention.Storage == AttentionStorage.FusedByHeadApartBiases ? "biases stand apart from the matrix of queries, keys and values"
        : attention is { HeadNorm: not null, HeadNormScope: HeadNormScope.Row, Storage: AttentionStorage.FusedByHead } ? "whole rows of heads are normalised that are not stored in a row"
        : attention.Relative is not null ? "scores depend on learned relative positions"
        : null;

    private DecodeBlock Block(int number, IEnumerable<(WeightPart Part, object? Piece)> pieces)
    {
        BlockSpec spec = Spec.BlockOf(number);
        var parts = pieces.ToDictionary(piece => piece.Part, piece => piece.Piece);
        AttentionSpec attention = spec.Attention;
        double scale = attention.Scale ?? 1 / Math.Sqrt(attention.HeadSize);
        WeightPart[] input = attention.Storage == AttentionStorage.Separate ? [WeightPart.Query, WeightPart.Key, WeightPart.Value] : [WeightPart.QueryKeyValue];
        WeightPart[] up = spec.Mlp.IsFused ? [WeightPart.MlpGateUp] : spec.Mlp.IsGated ? [WeightPart.MlpGate, WeightPart.MlpUp] : [WeightPart.MlpUp];
        DecodeProduct Product(params WeightPart[] names) => new([.. names.Select(name => Layer((IAdaptable)parts[name]!))]);
        return new DecodeBlock
        {
            Spec = spec,
            Scale = (float)(attention.ScalesByLayer ? scale / (number + 1) : scale),
            AttentionNorm = Norm(spec.Norm, parts[WeightPart.AttentionNorm]),
            AttentionOutputNorm = Norm(spec.Norm, parts[WeightPart.AttentionOutputNorm]),
            MlpNorm = Norm(spec.Norm, parts[WeightPart.MlpNorm]),
            MlpOutputNorm = Norm(spec.Norm, parts[WeightPart.MlpOutputNorm]),
            QueryNorm = Norm(attention.HeadNorm, parts[WeightPart.QueryNorm], attention.HeadNormScope == HeadNormScope.Head ? 0 : attention.HeadSize),
            KeyNorm = Norm(attention.HeadNorm, parts[WeightPart.KeyNorm], attention.HeadNormScope == HeadNormScope.Head ? 0 : attention.HeadSize),
            Input = Product(input),
            Output = Product(WeightPart.AttentionOutput),
            Up = Product(up),
            Down = Product(WeightPart.MlpDown),
        };
    }

    private DecodeMatrix Layer(IAdaptable layer) => Layer(layer.Weight, layer.Bias, layer.InputsFirst, layer.Update);

    private DecodeMatrix Layer(Parameter weight, Parameter? bias, bool isInputsFirst, LowRankUpdate? update)
    {
        (int inputs, int outputs) = ((int)weight.shape[isInputsFirst ? 0 : 1], (int)weight.shape[isInputsFirst ? 1 : 0]);
        (GgufType type, Tensor held) = _context.Blocks.Of(weight) is { } blocks ? (blocks.Type, blocks.Blocks) : _type switch
        {
            GgufType.F32 => (GgufType.F32, weight),
            GgufType.Q8_0 when inputs % BlockProducts.Block == 0 => (GgufType.Q8_0, _context.Copies.Of(weight, ScalarType.Byte, values => Eights(values, isInputsFirst))),
            _ => (GgufType.BF16, _context.Copies.Of(weight, ScalarType.BFloat16)),
        };
        return new DecodeMatrix
        {
            Weights = Pointer(held),
            Type = type,
            Inputs = inputs,
            Outputs = outputs,
            IsInputsFirst = isInputsFirst && !BlockProducts.Has(type),
            Bias = bias is null ? null : Floats(bias),
            Down = update is null ? null : Floats(update.Down),
            Up = update is null ? null : Floats(update.Up),
            Rank = update is null ? 0 : (int)update.Down.shape[0],
            UpdateScale = (float)(update?.Scale ?? 0),
        };
    }

    /// <summary>A matrix in blocks of Q8_0, outputs first.</summary>
    private static Tensor Eights(Parameter weight, bool isInputsFirst)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        Tensor values = isInputsFirst ? weight.t().contiguous() : weight;
        (int rows, int length) = ((int)values.shape[0], (int)values.shape[1]);
        int width = length / BlockProducts.Block * GgufBlocks.Bytes(GgufType.Q8_0);
        Tensor blocks = empty([rows, width], ScalarType.Byte);
        (nint from, nint to) = ((nint)TensorMemory.Pointer(values), (nint)TensorMemory.Pointer(blocks));
        TorchThreads.For(rows, row => GgufEncoder.Encode(GgufType.Q8_0, new ReadOnlySpan<float>((float*)from + ((long)row * length), length), new Span<byte>((byte*)to + ((long)row * width), width)));
        return blocks.MoveToOuterDisposeScope();
    }

    private DecodeTable Table(Parameter weight)
    {
        BlockMatrix? matrix = _context.Blocks.Of(weight);
        return new DecodeTable { Rows = Pointer(matrix?.Blocks ?? weight), Type = matrix?.Type ?? GgufType.F32, Size = (int)weight.shape[1] };
    }

    private DecodeNorm? Norm(NormSpec? spec, object? piece, int headStride = 0)
    {
        if (spec is null || piece is null)
        {
            return null;
        }

        FeatureNorm[] norms = piece is ApartNorms apart ? [.. apart.Heads] : [(FeatureNorm)piece];
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        return new DecodeNorm { Spec = spec, Weights = Copy([.. norms.Select(norm => norm.Weight)]), Biases = Copy([.. norms.Select(norm => norm.Bias)]), HeadStride = headStride };
    }

    private float* Copy(Tensor?[] parts) => parts[0] is null ? null : _memory.Copy([.. parts.SelectMany(part => TensorMemory.Floats(part!).ToArray())]);

    private float* Floats(Tensor values) => (float*)Pointer(values);

    private void* Pointer(Tensor values)
    {
        _kept.Add(values);
        return TensorMemory.Pointer(values);
    }
}
