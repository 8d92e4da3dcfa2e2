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

    /// <summary>Gets the number of blocks (N). At least 1.</summary>
    public required int LayerCount { get; init; }

    /// <summary>Gets the most tokens of one sequence. At least 1.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Gets a value indicating whether a position sees only those before it (decoders); false for encoders, which see both ways.</summary>
    public required bool IsCausal { get; init; }

    /// <summary>Gets what stands below the first block.</summary>
    public required EmbeddingSpec Embedding { get; init; }

    /// <summary>Gets what every block is made of.</summary>
    public required BlockSpec Block { get; init; }

    /// <summary>Gets the norm behind the last block; null where there is none.</summary>
    public NormSpec? FinalNorm { get; init; }

    /// <summary>Gets the head of a decoder. Encoders have none, whatever this says.</summary>
    public HeadKind Head { get; init; }

    /// <summary>Gets what the head's products are multiplied by. Above 0; default 1.</summary>
    public double LogitScale { get; init; } = 1;

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

        AttentionSpec attention = Block.Attention;
        (double Value, string Name)[] factors =
        [
            (Embedding.Scale, "Embedding.Scale"),
            (Block.BranchScale, "Block.BranchScale"),
            (LogitScale, nameof(LogitScale)),
            (attention.Scale ?? 1, "Attention.Scale"),
            (attention.Rotary?.Theta ?? 1, "Attention.Rotary.Theta"),
            (Block.Norm.Epsilon, "Block.Norm.Epsilon"),
            (attention.HeadNorm?.Epsilon ?? 1, "Attention.HeadNorm.Epsilon"),
            (Embedding.Norm?.Epsilon ?? 1, "Embedding.Norm.Epsilon"),
            (FinalNorm?.Epsilon ?? 1, "FinalNorm.Epsilon"),
        ];
        foreach (var (value, name) in factors)
        {
            Require(value > 0 && double.IsFinite(value), $"{name} is {value}; it must be a finite number above 0.");
        }

        (double? Value, string Name)[] probabilities = [(Embedding.Dropout, "Embedding.Dropout"), (Block.Dropout, "Block.Dropout"), (attention.Dropout, "Attention.Dropout")];
        foreach (var (value, name) in probabilities)
        {
            Require(value is null or (>= 0 and < 1), $"{name} is {value}; it must be at least 0 and below 1.");
        }

        (Enum Value, string Name)[] kinds =
        [
            (Block.Order, "Block.Order"),
            (attention.Storage, "Attention.Storage"),
            (Block.Mlp.Activation, "Mlp.Activation"),
            (Block.Norm.Kind, "Block.Norm.Kind"),
            (attention.HeadNorm?.Kind ?? default, "Attention.HeadNorm.Kind"),
            (Embedding.Norm?.Kind ?? default, "Embedding.Norm.Kind"),
            (FinalNorm?.Kind ?? default, "FinalNorm.Kind"),
            (Head, nameof(Head)),
            (Summary, nameof(Summary)),
        ];
        foreach (var (value, name) in kinds)
        {
            Require(Enum.IsDefined(value.GetType(), value), $"{name} is {value}, which no piece implements. Known: {string.Join(", ", Enum.GetNames(value.GetType()))}.");
        }

        Require(attention.KeyHeadCount >= 1 && attention.HeadCount % attention.KeyHeadCount == 0, $"Attention.HeadCount is {attention.HeadCount}, which KeyHeadCount = {attention.KeyHeadCount} does not divide.");
        Require(attention.HeadSize >= 1, $"Attention.HeadSize is {attention.HeadSize}; it must be at least 1.");
        Require(
            attention.Storage == AttentionStorage.Separate || attention.KeyHeadCount == attention.HeadCount,
            $"Attention.Storage is {attention.Storage}, which needs as many key heads ({attention.KeyHeadCount}) as heads ({attention.HeadCount}).");
        Require(
            attention.Rotary is not { } rotary || (rotary.Dimensions >= 2 && rotary.Dimensions <= attention.HeadSize && rotary.Dimensions % 2 == 0),
            $"Attention.Rotary.Dimensions is {attention.Rotary?.Dimensions}; it must be an even number from 2 to the {attention.HeadSize} features of a head.");
        Require(Block.Mlp.InnerSize >= 1, $"Mlp.InnerSize is {Block.Mlp.InnerSize}; it must be at least 1.");
        Require(IsCausal || attention is { Rotary: null, HeadNorm: null, Scale: null, ScalesByLayer: false }, "An encoder's attention has no rotary positions, no norms of heads and no scale of its own yet.");
        Require(IsCausal || LogitScale == 1, "An encoder has no head: its LogitScale must be 1.");
        Require(IsCausal || attention.KeyHeadCount == attention.HeadCount, $"An encoder's attention has as many key heads as heads; these are {attention.KeyHeadCount} and {attention.HeadCount}.");
        Require(!IsCausal || (Embedding.TokenTypeCount == 0 && Summary == SummaryKind.LastToken), "A decoder has no token types, and is summed up by its last token.");
    }

    private static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw new ArgumentException(message);
        }
    }
}
