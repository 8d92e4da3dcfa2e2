using System.Diagnostics.CodeAnalysis;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLNet.Dispersion.Hub;

namespace MLNet.Dispersion.Interop;

/// <summary>What ML.NET calls to read a saved classifier back; found by the name in the file's header.</summary>
internal static class ModelLoader
{
    /// <summary>
    /// Name, parameters and return type are as ML.NET's component catalog asks for them; <paramref name="context"/> is a ModelLoadContext, a type that
    /// ML.NET keeps to itself.
    /// </summary>
    /// <exception cref="FormatException">The header is damaged, or of a newer version.</exception>
    /// <exception cref="CheckpointException">A file of the checkpoint is damaged or missing.</exception>
    [SuppressMessage("Performance", "CA1859", Justification = "ML.NET compares the declared return type with the one that is registered.")]
    private static ITransformer Create(IHostEnvironment env, object context)
    {
        try
        {
            return FineTuneWithDispersionTransformer.Load(env, new LoadContext(context));
        }
        catch (Exception e) when (e is FormatException or CheckpointException)
        {
            // Marked as told on purpose; ML.NET wraps it in an InvalidOperationException, "Error during class instantiation".
            env.Process(e);
            throw;
        }
    }
}
