namespace MLNet.Dispersion.Models;

/// <summary>Says how a transformer is made: sizes, pieces and the places where they stand. One decoder network and one encoder network run any of these.</summary>
/// <remarks>
/// Immutable and thread-safe. A family reads its config.json into a spec (<see cref="BackboneRegistry"/>); the tensors' names are a <see cref="WeightNames"/> beside it.
/// A value that no piece implements does not exist here: what a family asks for beyond it has to be refused where its config.json is read.
/// Defaults are those of the simplest pieces: nothing where a piece may be absent.
/// </remarks>
public sealed record TransformerSpec
{
    /// <summary>Gets the rows of the token embedding and of a head (V). At least 1.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Gets the features of a hidden state (F). At least 1.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Gets the number of layers (N), each a run of a block. At least 1.</summary>
    public required int LayerCount { get; init; }

    /// <summary>Gets the most tokens of one sequence. At least 1.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Gets a value indicating whether a position sees only those before it (decoders); false for encoders, which see both ways.</summary>
    public required bool IsCausal { get; init; }

    /// <summary>Gets what stands below the first block.</summary>
    public required EmbeddingSpec Embedding { get; init; }

    /// <summary>Gets what every block is made of, but those that <see cref="Blocks"/> says otherwise of.</summary>
    public required BlockSpec Block { get; init; }

    /// <summary>Gets what each block is made of where they differ, one entry a block; null where all are alike.</summary>
    public IReadOnlyList<BlockSpec>? Blocks { get; init; }

    /// <summary>Gets the number of the block that each layer runs where layers share blocks, as in ALBERT, one entry a layer; null where each layer has its own.</summary>
    public IReadOnlyList<int>? SharedBlocks { get; init; }

    /// <summary>Gets the convolution beside the first block of an encoder; null for none.</summary>
    public ConvolutionSpec? Convolution { get; init; }

    /// <summary>Gets the norm behind the last block; null where there is none.</summary>
    public NormSpec? FinalNorm { get; init; }

    /// <summary>Gets the head of a decoder. Encoders have none, whatever this says.</summary>
    public HeadKind Head { get; init; }

    /// <summary>Gets a value indicating whether a head of its own has a bias.</summary>
    public bool HasHeadBias { get; init; }

    /// <summary>Gets the features that final states are projected to before the head, without bias; null where they stay as they are. At least 1.</summary>
    public int? OutputSize { get; init; }

    /// <summary>Gets what the head's products are multiplied by. Above 0; default 1.</summary>
    public double LogitScale { get; init; } = 1;

    /// <summary>Gets the cap that logits near but never reach, <c>cap tanh(logit / cap)</c>; null for none. Above 0.</summary>
    public double? LogitCap { get; init; }

    /// <summary>Gets a value indicating whether sequences longer than <see cref="ContextLength"/> are read too.</summary>
    public bool IsOpenEnded { get; init; }

    /// <summary>Gets what classifiers and regressors see of a text.</summary>
    public SummaryKind Summary { get; init; }

    /// <summary>Gets a value indicating whether random initial weights of the projections that end a block's branches are 1 / sqrt(2 N) of the others, as in GPT-2.</summary>
    public bool ScalesResidualInitialisation { get; init; }

    /// <summary>Checks that sizes fit each other.</summary>
    /// <exception cref="ArgumentException">They do not; the message names both.</exception>
    public void Validate()
    {
        foreach (var (size, name) in new[] { (VocabularySize, nameof(VocabularySize)), (HiddenSize, nameof(HiddenSize)), (LayerCount, nameof(LayerCount)), (ContextLength, nameof(ContextLength)) })
        {
            Require(size >= 1, $"{name} is {size}; it must be at least 1.");
        }

        int blocks = BlockCount;
        Require(Blocks is null || Blocks.Count == blocks, $"Blocks has {Blocks?.Count} entries; there are {blocks} blocks.");
        Require(
            SharedBlocks is null || (SharedBlocks.Count == LayerCount && SharedBlocks.All(block => block >= 0)),
            $"SharedBlocks has {SharedBlocks?.Count} entries from {SharedBlocks?.DefaultIfEmpty().Min()} on; there must be {LayerCount} from 0 on.");
        (double Value, string Name)[] factors =
        [
            (Embedding.Scale, "Embedding.Scale"),
            (LogitScale, nameof(LogitScale)),
            (LogitCap ?? 1, nameof(LogitCap)),
            (Embedding.Size ?? 1, "Embedding.Size"),
            (OutputSize ?? 1, nameof(OutputSize)),
            (Embedding.Norm?.Epsilon ?? 1, "Embedding.Norm.Epsilon"),
            (FinalNorm?.Epsilon ?? 1, "FinalNorm.Epsilon"),
        ];
        SpecChecks.Factors(factors);
        SpecChecks.Probability(Embedding.Dropout, "Embedding.Dropout");
        (Enum Value, string Name)[] kinds =
        [
            (Embedding.Norm?.Kind ?? default, "Embedding.Norm.Kind"),
            (FinalNorm?.Kind ?? default, "FinalNorm.Kind"),
            (Head, nameof(Head)),
            (Summary, nameof(Summary)),
        ];
        SpecChecks.Kinds(kinds);
        Require(Embedding.PositionOffset >= 0, $"Embedding.PositionOffset is {Embedding.PositionOffset}; it must be at least 0.");
        foreach (BlockSpec block in new[] { Block }.Concat(Blocks ?? []).Distinct())
        {
            SpecChecks.Block(block, IsCausal);
        }

        Require(!IsCausal || Embedding is { TokenTypeCount: 0, UncountedToken: null, IsZeroAtPadding: false }, "A decoder has no token types, and its positions count every token.");
        Require(!IsCausal || (Summary == SummaryKind.LastToken && Convolution is null), "A decoder is summed up by its last token, and has no convolution.");
        Require(IsCausal || (LogitScale == 1 && LogitCap is null && !HasHeadBias && OutputSize is null), "An encoder has no head: its LogitScale must be 1, and LogitCap, HasHeadBias and OutputSize must be left.");
        Require(!HasHeadBias || Head == HeadKind.Own, "HasHeadBias needs a head of its own: a tied one has no bias.");
        Require(
            OutputSize is null || Head == HeadKind.Own || OutputSize == Embedding.Size,
            $"OutputSize is {OutputSize}, and a tied head needs that of the embeddings, {Embedding.Size ?? HiddenSize}.");
        Require(
            !IsCausal || Head == HeadKind.Own || (OutputSize ?? HiddenSize) == (Embedding.Size ?? HiddenSize),
            $"A tied head needs final states of the embeddings' {Embedding.Size ?? HiddenSize} features; they have {OutputSize ?? HiddenSize}.");
        Require(
            Convolution is null || (Convolution.Width % 2 == 1 && Convolution.Width > 0 && Convolution.Groups >= 1 && HiddenSize % Convolution.Groups == 0),
            $"Convolution.Width is {Convolution?.Width} and Groups {Convolution?.Groups}; the width must be odd, and the groups divide the hidden size {HiddenSize}.");
        RelativeSpec?[] relatives = [.. Enumerable.Range(0, blocks).Select(block => BlockOf(block).Attention.Relative).Distinct()];
        Require(relatives.Length == 1, "All blocks share one table of relative positions: Attention.Relative must be the same in each.");
    }

    /// <summary>Gets the number of blocks, which layers may share.</summary>
    internal int BlockCount => SharedBlocks is { Count: > 0 } ? SharedBlocks.Max() + 1 : LayerCount;

    /// <summary>What a block is made of.</summary>
    /// <param name="block">Its number, from 0.</param>
    public BlockSpec BlockOf(int block) => Blocks is null ? Block : Blocks[block];

    private static void Require(bool holds, string message) => SpecChecks.Require(holds, message);
}
