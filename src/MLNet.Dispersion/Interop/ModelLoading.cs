using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>What all loaders have in common: classes that register themselves with ML.NET, which calls their <c>Create</c> to read a saved model back.</summary>
/// <remarks>
/// Name, parameters and return type of <c>Create</c> are as ML.NET's component catalog asks for them; its second parameter is a ModelLoadContext, a
/// type that ML.NET keeps to itself.
/// </remarks>
internal static class ModelLoading
{
    /// <summary>Why a loader's <c>Create</c> returns an interface.</summary>
    internal const string ReturnType = "ML.NET compares the declared return type with the one that is registered.";

    /// <summary>Loads a model.</summary>
    /// <param name="env">What ML.NET hands to the loader.</param>
    /// <param name="context">What ML.NET hands to the loader: a ModelLoadContext.</param>
    /// <param name="load">Reads the model.</param>
    /// <exception cref="FormatException">The header is damaged, or of a newer version.</exception>
    /// <exception cref="ModelFileException">A file of the model is damaged or missing.</exception>
    internal static ITransformer Load(IHostEnvironment env, object context, Func<IHostEnvironment, LoadContext, ITransformer> load)
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
