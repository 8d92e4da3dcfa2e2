using System.Diagnostics.CodeAnalysis;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLNet.Dispersion;

[assembly: LoadableClass(typeof(ITransformer), typeof(MultiLabelLoader), null, typeof(SignatureLoadModel), "", MultiLabelLoader.Name)]

namespace MLNet.Dispersion;

/// <summary>Reads fine-tuned multi-label classifiers back, for ML.NET.</summary>
internal static class MultiLabelLoader
{
    /// <summary>The name in the headers of saved models: never another.</summary>
    internal const string Name = "DispersionTextLabels";

    [SuppressMessage("Performance", "CA1859", Justification = ModelLoading.ReturnType)]
    private static ITransformer Create(IHostEnvironment env, object context) => ModelLoading.Load(env, context, FineTuneMultiLabelWithDispersionTransformer.Load);
}
