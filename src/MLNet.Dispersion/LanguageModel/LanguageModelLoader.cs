using System.Diagnostics.CodeAnalysis;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLNet.Dispersion;

[assembly: LoadableClass(typeof(ITransformer), typeof(LanguageModelLoader), null, typeof(SignatureLoadModel), "", LanguageModelLoader.Name)]

namespace MLNet.Dispersion;

/// <summary>Reads language models back, for ML.NET.</summary>
internal static class LanguageModelLoader
{
    /// <summary>The name in the headers of saved models: never another.</summary>
    internal const string Name = "DispersionLanguageModel";

    [SuppressMessage("Performance", "CA1859", Justification = ModelLoading.ReturnType)]
    private static ITransformer Create(IHostEnvironment env, object context) => ModelLoading.Load(env, context, LanguageModelTransformer.Load);
}
