namespace MLNet.Dispersion.Models;

/// <summary>What every backbone says of itself, whatever its architecture.</summary>
/// <param name="ModelType">The <c>model_type</c> of its config.json: <c>gpt2</c>, <c>qwen3</c>, <c>llama</c>, …</param>
/// <param name="VocabularySize">Rows of the token embedding and of a head (V).</param>
/// <param name="HiddenSize">Features of a hidden state (F).</param>
/// <param name="LayerCount">Transformer blocks (N); there are N + 1 hidden states.</param>
/// <param name="ContextLength">The most tokens one sequence may have.</param>
/// <param name="BosTokenId">The beginning-of-sequence token, or null.</param>
/// <param name="EosTokenId">The end-of-sequence token, or null.</param>
/// <param name="PadTokenId">The padding token, or null when the checkpoint names none.</param>
public sealed record BackboneInfo(
    string ModelType,
    int VocabularySize,
    int HiddenSize,
    int LayerCount,
    int ContextLength,
    int? BosTokenId,
    int? EosTokenId,
    int? PadTokenId)
{
    /// <summary>Gets the features of the last hidden state: <see cref="HiddenSize"/>, but where a projection stands behind the last block, as in OPT 350M.</summary>
    public int FinalSize { get; init; } = HiddenSize;
}
