using System.Diagnostics.CodeAnalysis;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLNet.Dispersion;

[assembly: LoadableClass(typeof(ITransformer), typeof(RegressionLoader), null, typeof(SignatureLoadModel), "", RegressionLoader.Name)]

namespace MLNet.Dispersion;

/// <summary>Reads fine-tuned regressions back, for ML.NET.</summary>
internal static class RegressionLoader
{
    /// <summary>The name in the headers of saved models: never another.</summary>
    internal const string Name = "DispersionTextRegr";

    [SuppressMessage("Performance", "CA1859", Justification = ModelLoading.ReturnType)]
    private static ITransformer Create(IHostEnvironment env, object context) => ModelLoading.Load(env, context, FineTuneRegressionWithDispersionTransformer.Load);
}
