using Microsoft.Extensions.AI;

namespace MLNet.Dispersion;

/// <summary>Offers models of this library through the interfaces of Microsoft.Extensions.AI.</summary>
/// <example>
/// <code>
/// using Microsoft.Extensions.AI;
/// using MLNet.Dispersion;
///
/// using var embedder = TextEmbedder.FromPretrained(ModelSource.FromDirectory("all-MiniLM-L6-v2"));
/// Embedding&lt;float&gt; vector = await embedder.AsIEmbeddingGenerator().GenerateAsync("Where is my refund?");
/// </code>
/// </example>
public static class DispersionAIExtensions
{
    /// <summary>Offers an embedding model as a generator of embeddings.</summary>
    /// <remarks>
    /// Of <see cref="EmbeddingGenerationOptions"/>, <see cref="EmbeddingGenerationOptions.Dimensions"/> takes the first features, scaled again where the model scales; <see cref="EmbeddingGenerationOptions.ModelId"/> must be the
    /// model's name. Anything else that is set is refused by a <see cref="NotSupportedException"/> that names it. Thread-safe.
    /// </remarks>
    /// <param name="embedder">The model; it stays the caller's and must live as long. A fitted transformer has it as <c>Embedder</c>. Disposing the generator does nothing.</param>
    public static IEmbeddingGenerator<string, Embedding<float>> AsIEmbeddingGenerator(this TextEmbedder embedder)
    {
        ArgumentNullException.ThrowIfNull(embedder);
        return new EmbedderGenerator(embedder);
    }

    /// <summary>Offers a causal language model with a chat template as a chat client.</summary>
    /// <remarks>
    /// Of <see cref="ChatOptions"/>, these are done: Instructions (a system message in front), MaxOutputTokens, Temperature, TopK, TopP, Seed, StopSequences, a ResponseFormat of text, and ModelId, which must be the model's name. Anything
    /// else that is set, tools among it, is refused by a <see cref="NotSupportedException"/> that names it, and so is content of messages that is no text. Thread-safe: answers may be written side by side.
    /// </remarks>
    /// <param name="model">The model; it stays the caller's and must live as long. Disposing the client does nothing.</param>
    /// <param name="defaults">How to write where options say nothing; null for what the model's generation_config.json says. Copied.</param>
    /// <exception cref="ArgumentException">A default is outside its range; the message names it.</exception>
    public static IChatClient AsIChatClient(this PretrainedLanguageModel model, TextGenerationOptions? defaults = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        TextGenerationOptions own = defaults?.Clone() ?? new TextGenerationOptions();
        own.Validate();
        return new LanguageModelChatClient(model, own);
    }
}
