using System.Diagnostics.CodeAnalysis;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLNet.Dispersion;

[assembly: LoadableClass(typeof(ITransformer), typeof(AnswerLoader), null, typeof(SignatureLoadModel), "", AnswerLoader.Name)]

namespace MLNet.Dispersion;

/// <summary>Reads fine-tuned question answerers back, for ML.NET.</summary>
internal static class AnswerLoader
{
    /// <summary>The name in the headers of saved models: never another.</summary>
    internal const string Name = "DispersionTextAnswers";

    [SuppressMessage("Performance", "CA1859", Justification = ModelLoading.ReturnType)]
    private static ITransformer Create(IHostEnvironment env, object context) => ModelLoading.Load(env, context, FineTuneAnswersWithDispersionTransformer.Load);
}
