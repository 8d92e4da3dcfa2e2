using System.Diagnostics.CodeAnalysis;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLNet.Dispersion;

[assembly: LoadableClass(typeof(ITransformer), typeof(InstructionLoader), null, typeof(SignatureLoadModel), "", InstructionLoader.Name)]

namespace MLNet.Dispersion;

/// <summary>Reads models that were tuned on instructions or preferences back, for ML.NET.</summary>
internal static class InstructionLoader
{
    /// <summary>The name in the headers of saved models: never another.</summary>
    internal const string Name = "DispersionInstructions";

    [SuppressMessage("Performance", "CA1859", Justification = ModelLoading.ReturnType)]
    private static ITransformer Create(IHostEnvironment env, object context) => ModelLoading.Load(env, context, FineTuneInstructionsWithDispersionTransformer.Load);
}
