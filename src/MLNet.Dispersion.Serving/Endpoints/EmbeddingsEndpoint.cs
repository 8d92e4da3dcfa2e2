using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Http;

namespace MLNet.Dispersion.Serving;

/// <summary>POST /v1/embeddings.</summary>
internal sealed class EmbeddingsEndpoint(Engines engines, Gate gate)
{
    internal async Task Handle(HttpContext context)
    {
        if (engines.Embeddings is not { } queue)
        {
            throw OpenAI.NotServed(engines.Model, "/v1/embeddings", "needs a model of embeddings");
        }

        TextEmbedder embedder = engines.Model.Embedder!;
        RequestFields fields = await gate.Read(context).ConfigureAwait(false);
        OpenAI.CheckModel(fields, engines.Model);
        string[] texts = fields.Strings("input");
        string format = fields.String("encoding_format") ?? "float";
        if (format is not ("float" or "base64"))
        {
            throw fields.Wrong("encoding_format", "float or base64");
        }

        int size = fields.Integer("dimensions", 1, embedder.OutputCount) ?? embedder.OutputCount;
        fields.RefuseOthers();
        engines.CheckRows(texts.Length, "input");
        int tokens = texts.Select((text, i) => Tokens(embedder, text, texts.Length == 1 ? "input" : $"input[{i}]")).Sum();
        Gate.Trace("dispersion.rows", texts.Length);
        IReadOnlyList<float[]> vectors = await engines.Enter(queue, texts, context.RequestAborted).ConfigureAwait(false);
        foreach (string text in texts)
        {
            engines.Watch?.Offer(text);
        }

        await Gate.Write(context, new
        {
            @object = "list",
            data = vectors.Select((vector, index) => new { @object = "embedding", index, embedding = Encoded(Cut(vector, size, embedder.Normalize), format) }),
            model = engines.Model.Name,
            usage = new { prompt_tokens = tokens, total_tokens = tokens },
        }).ConfigureAwait(false);
    }

    private int Tokens(TextEmbedder embedder, string text, string place)
    {
        engines.CheckText(text.Length, place);
        EncodedText encoded = embedder.LanguageModel.Tokenizer.Encode(text, embedder.MaxSequenceLength);
        return encoded.Truncated && !engines.Options.TruncateTexts
            ? throw ApiException.Bad($"'{place}' has more than the {embedder.MaxSequenceLength} tokens that the model reads. Send it in parts.", place, "context_length_exceeded")
            : encoded.Ids.Length;
    }

    private static object Encoded(float[] vector, string format) => format == "float" ? vector : Convert.ToBase64String(LittleEndian(vector));

    private static ReadOnlySpan<byte> LittleEndian(float[] vector)
    {
        if (BitConverter.IsLittleEndian)
        {
            return MemoryMarshal.AsBytes<float>(vector);
        }

        byte[] bytes = new byte[vector.Length * sizeof(float)];
        for (int i = 0; i < vector.Length; i++)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), vector[i]);
        }

        return bytes;
    }

    /// <summary>The first features, scaled again where the model scales.</summary>
    private static float[] Cut(float[] vector, int size, bool normalize)
    {
        if (size == vector.Length)
        {
            return vector;
        }

        float[] cut = vector[..size];
        double length = Math.Sqrt(cut.Sum(value => (double)value * value));
        return normalize && length > 0 ? [.. cut.Select(value => (float)(value / length))] : cut;
    }
}
