using System.Diagnostics.CodeAnalysis;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLNet.Dispersion;

[assembly: LoadableClass(typeof(ITransformer), typeof(EmbeddingLoader), null, typeof(SignatureLoadModel), "", EmbeddingLoader.Name)]

namespace MLNet.Dispersion;

/// <summary>Reads fine-tuned embedding models back, for ML.NET.</summary>
internal static class EmbeddingLoader
{
    /// <summary>The name in the headers of saved models: never another.</summary>
    internal const string Name = "DispersionTextEmbed";

    [SuppressMessage("Performance", "CA1859", Justification = ModelLoading.ReturnType)]
    private static ITransformer Create(IHostEnvironment env, object context) => ModelLoading.Load(env, context, FineTuneEmbeddingsWithDispersionTransformer.Load);
}
