using System.Diagnostics.CodeAnalysis;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLNet.Dispersion;

[assembly: LoadableClass(typeof(ITransformer), typeof(RankingLoader), null, typeof(SignatureLoadModel), "", RankingLoader.Name)]

namespace MLNet.Dispersion;

/// <summary>Reads fine-tuned rankings back, for ML.NET.</summary>
internal static class RankingLoader
{
    /// <summary>The name in the headers of saved models: never another.</summary>
    internal const string Name = "DispersionTextRank";

    [SuppressMessage("Performance", "CA1859", Justification = ModelLoading.ReturnType)]
    private static ITransformer Create(IHostEnvironment env, object context) => ModelLoading.Load(env, context, FineTuneRankingWithDispersionTransformer.Load);
}
