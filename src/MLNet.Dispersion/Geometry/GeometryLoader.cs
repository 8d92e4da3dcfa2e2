using System.Diagnostics.CodeAnalysis;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLNet.Dispersion;

[assembly: LoadableClass(typeof(ITransformer), typeof(GeometryLoader), null, typeof(SignatureLoadModel), "", GeometryLoader.Name)]

namespace MLNet.Dispersion;

/// <summary>Reads transformers that measure embedding geometry back, for ML.NET.</summary>
internal static class GeometryLoader
{
    /// <summary>The name in the headers of saved models: never another.</summary>
    internal const string Name = "DispersionGeometry";

    [SuppressMessage("Performance", "CA1859", Justification = ModelLoading.ReturnType)]
    private static ITransformer Create(IHostEnvironment env, object context) => ModelLoading.Load(env, context, EmbeddingGeometryTransformer.Load);
}
