using System.Diagnostics.CodeAnalysis;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLNet.Dispersion;

[assembly: LoadableClass(typeof(ITransformer), typeof(BinaryLoader), null, typeof(SignatureLoadModel), "", BinaryLoader.Name)]

namespace MLNet.Dispersion;

/// <summary>Reads fine-tuned binary classifiers back, for ML.NET.</summary>
internal static class BinaryLoader
{
    /// <summary>The name in the headers of saved models: never another.</summary>
    internal const string Name = "DispersionTextBinary";

    [SuppressMessage("Performance", "CA1859", Justification = ModelLoading.ReturnType)]
    private static ITransformer Create(IHostEnvironment env, object context) => ModelLoading.Load(env, context, FineTuneBinaryWithDispersionTransformer.Load);
}
