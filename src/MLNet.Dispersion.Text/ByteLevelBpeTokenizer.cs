namespace MLNet.Dispersion.Text;

/// <summary>The byte-level BPE of GPT-2, Qwen, GPT-NeoX and Llama 3.</summary>
/// <remarks>
/// Load one with <see cref="TextTokenizer.Load"/> or train one with <see cref="ByteLevelBpeTrainer"/>. Immutable and thread-safe.
/// Pieces of any length are merged exactly, in time n log n.
/// </remarks>
public sealed class ByteLevelBpeTokenizer : PipelineTokenizer
{
    private readonly BpeModel _model;

    internal ByteLevelBpeTokenizer(TokenizerSetup setup)
        : base(setup) => _model = (BpeModel)setup.Pipeline.Model;

    /// <summary>Gets the pieces with their ids, each byte spelled as GPT-2's printable stand-in (a space as <c>Ġ</c>); added tokens are not among them unless the vocabulary file holds them.</summary>
    public IReadOnlyDictionary<string, int> Vocabulary => _model.Vocabulary.Ids;

    /// <summary>Gets the pairs of pieces that are merged, the most urgent first.</summary>
    public IReadOnlyList<(string Left, string Right)> Merges => _model.Merges;
}
