using Microsoft.ML;

namespace MLNet.Dispersion.Serving;

/// <summary>Owns what ML.NET loaded: disposes every part of it.</summary>
internal sealed class LoadedTransformer(ITransformer transformer) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IDisposable part in Parts(transformer).OfType<IDisposable>())
        {
            part.Dispose();
        }
    }

    /// <summary>The transformers of a chain, those of chains within it included.</summary>
    internal static IEnumerable<ITransformer> Parts(ITransformer transformer) =>
        transformer is IEnumerable<ITransformer> chain ? chain.SelectMany(Parts) : [transformer];
}
