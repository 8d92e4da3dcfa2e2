using System.Diagnostics.CodeAnalysis;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLNet.Dispersion;

[assembly: LoadableClass(typeof(ITransformer), typeof(TokenLoader), null, typeof(SignatureLoadModel), "", TokenLoader.Name)]

namespace MLNet.Dispersion;

/// <summary>Reads fine-tuned token classifiers back, for ML.NET.</summary>
internal static class TokenLoader
{
    /// <summary>The name in the headers of saved models: never another.</summary>
    internal const string Name = "DispersionTextTokens";

    [SuppressMessage("Performance", "CA1859", Justification = ModelLoading.ReturnType)]
    private static ITransformer Create(IHostEnvironment env, object context) => ModelLoading.Load(env, context, FineTuneTokensWithDispersionTransformer.Load);
}
