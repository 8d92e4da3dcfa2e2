using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>Tokens, positions and token types, added up and normalised.</summary>
internal sealed class BertEmbeddings : nn.Module
{
    private readonly ForwardContext _context;
    private readonly BertConfig _config;
    private readonly EmbeddingTable word_embeddings;
    private readonly EmbeddingTable position_embeddings;
    private readonly EmbeddingTable token_type_embeddings;
    private readonly NormLayer LayerNorm;

    internal BertEmbeddings(ForwardContext context, BertConfig config)
        : base(nameof(BertEmbeddings))
    {
        _context = context;
        _config = config;
        word_embeddings = new EmbeddingTable(context, config.VocabularySize, config.HiddenSize);
        position_embeddings = new EmbeddingTable(context, config.ContextLength, config.HiddenSize);
        token_type_embeddings = new EmbeddingTable(context, config.TokenTypes, config.HiddenSize);
        LayerNorm = new NormLayer(config.HiddenSize, config.LayerNormEpsilon);
        RegisterComponents();
    }

    internal EmbeddingTable Words => word_embeddings;

    /// <summary>Hidden state 0, <c>[B, L, F]</c>.</summary>
    internal Tensor Forward(Tensor inputIds, Tensor? attentionMask, Tensor? tokenTypeIds)
    {
        // Without types all tokens are of the first text: its row is added to every token.
        Tensor types = tokenTypeIds is null ? token_type_embeddings.First(1) : token_type_embeddings.Forward(tokenTypeIds);
        Tensor sum = word_embeddings.ForwardTokens(inputIds, attentionMask).Plus(types).Plus(position_embeddings.First(inputIds.shape[1]));
        return _context.Drop(LayerNorm.Forward(sum), _context.Dropout(_config.HiddenDropout, training));
    }
}
