using System.Diagnostics.CodeAnalysis;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>What ML.NET calls to read a saved model of ours back; each kind's loader is found by the name in the file's header.</summary>
/// <remarks>
/// Name, parameters and return type of <c>Create</c> are as ML.NET's component catalog asks for them; its second parameter is a ModelLoadContext, a
/// type that ML.NET keeps to itself.
/// </remarks>
internal static class ModelLoader
{
    private const string ReturnType = "ML.NET compares the declared return type with the one that is registered.";

    /// <summary>Loads fine-tuned classifiers.</summary>
    internal static class Classifier
    {
        /// <exception cref="FormatException">The header is damaged, or of a newer version.</exception>
        /// <exception cref="ModelFileException">A file of the checkpoint is damaged or missing.</exception>
        [SuppressMessage("Performance", "CA1859", Justification = ReturnType)]
        private static ITransformer Create(IHostEnvironment env, object context) => Load(env, context, FineTuneWithDispersionTransformer.Load);
    }

    /// <summary>Loads fine-tuned regressions.</summary>
    internal static class Regression
    {
        /// <inheritdoc cref="Classifier.Create"/>
        [SuppressMessage("Performance", "CA1859", Justification = ReturnType)]
        private static ITransformer Create(IHostEnvironment env, object context) => Load(env, context, FineTuneRegressionWithDispersionTransformer.Load);
    }

    /// <summary>Loads transformers that measure embedding geometry.</summary>
    internal static class Geometry
    {
        /// <inheritdoc cref="Classifier.Create"/>
        [SuppressMessage("Performance", "CA1859", Justification = ReturnType)]
        private static ITransformer Create(IHostEnvironment env, object context) => Load(env, context, EmbeddingGeometryTransformer.Load);
    }

    /// <summary>Loads language models.</summary>
    internal static class LanguageModel
    {
        /// <inheritdoc cref="Classifier.Create"/>
        [SuppressMessage("Performance", "CA1859", Justification = ReturnType)]
        private static ITransformer Create(IHostEnvironment env, object context) => Load(env, context, LanguageModelTransformer.Load);
    }

    private static ITransformer Load(IHostEnvironment env, object context, Func<IHostEnvironment, LoadContext, ITransformer> load)
    {
        try
        {
            return load(env, new LoadContext(context));
        }
        catch (Exception e) when (e is FormatException or ModelFileException)
        {
            // Marked as told on purpose; ML.NET wraps it in an InvalidOperationException, "Error during class instantiation".
            env.Process(e);
            throw;
        }
    }
}
