using Microsoft.Extensions.AI;

namespace MLNet.Dispersion;

/// <summary>An embedding model as a generator of embeddings.</summary>
internal sealed class EmbedderGenerator(TextEmbedder embedder) : IEmbeddingGenerator<string, Embedding<float>>
{
    /// <summary>Texts between two looks at the cancellation.</summary>
    private const int Block = 256;

    private readonly EmbeddingGeneratorMetadata _metadata = new("MLNet.Dispersion", null, embedder.LanguageModel.Name, embedder.OutputCount);

    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        OptionCheck.RefuseOthers(options, nameof(options.Dimensions), nameof(options.ModelId));
        OptionCheck.CheckModel(options?.ModelId, embedder.LanguageModel.Name);
        int size = options?.Dimensions ?? embedder.OutputCount;
        if (size < 1 || size > embedder.OutputCount)
        {
            throw new ArgumentOutOfRangeException(nameof(options), size, $"EmbeddingGenerationOptions.Dimensions is {size}; it must lie from 1 to the {embedder.OutputCount} of {embedder.LanguageModel.Name}.");
        }

        string[] texts = [.. values];
        return Task.Run(() => Generate(texts, size, cancellationToken), cancellationToken);
    }

    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType.IsInstanceOfType(this) ? this
            : serviceType.IsInstanceOfType(_metadata) ? _metadata
            : serviceType.IsInstanceOfType(embedder) ? embedder
            : null;
    }

    public void Dispose()
    {
        // The model is its owner's.
    }

    private GeneratedEmbeddings<Embedding<float>> Generate(string[] texts, int size, CancellationToken cancellation)
    {
        var embeddings = new GeneratedEmbeddings<Embedding<float>>(texts.Length);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        foreach (string[] block in texts.Chunk(Block))
        {
            cancellation.ThrowIfCancellationRequested();
            embeddings.AddRange(embedder.Embed(block).Select(vector => new Embedding<float>(Cut(vector, size)) { ModelId = embedder.LanguageModel.Name, CreatedAt = now }));
        }

        return embeddings;
    }

    private float[] Cut(float[] vector, int size)
    {
        if (size == vector.Length)
        {
            return vector;
        }

        float[] cut = vector[..size];
        double length = Math.Sqrt(cut.Sum(value => (double)value * value));
        return embedder.Normalize && length > 0 ? [.. cut.Select(value => (float)(value / length))] : cut;
    }
}
