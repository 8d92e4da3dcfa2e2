using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>Chooses what computes the networks in a chain of transformers, such as one that <c>ml.Model.Load</c> gave.</summary>
public static class ScoringEngineExtensions
{
    /// <summary>Calls <see cref="TextTransformer.ScoreWith"/> of each transformer of this library in a chain, or of the one that it is. Those whose work an engine cannot do, such as writing texts or measuring geometry, go on with torch.</summary>
    /// <param name="model">The chain.</param>
    /// <param name="engine">The engine; null for torch again.</param>
    /// <exception cref="ArgumentException">No transformer in it scores rows with a network of this library.</exception>
    /// <exception cref="NotSupportedException">The engine cannot compute one of the models; the message names what it lacks. Those before it in the chain have the engine already.</exception>
    /// <exception cref="ObjectDisposedException">A model was disposed.</exception>
    public static void ScoreWith(this ITransformer model, IScoringEngine? engine)
    {
        ArgumentNullException.ThrowIfNull(model);
        TextTransformer[] scoring = [.. Parts(model).OfType<TextTransformer>().Where(part => part.TakesEngines)];
        if (scoring.Length == 0)
        {
            throw new ArgumentException($"No transformer of {model.GetType().Name} scores rows with a network of MLNet.Dispersion, so there is nothing that an engine could compute.", nameof(model));
        }

        foreach (TextTransformer part in scoring)
        {
            part.ScoreWith(engine);
        }
    }

    private static IEnumerable<ITransformer> Parts(ITransformer model) => model is IEnumerable<ITransformer> chain ? chain.SelectMany(Parts) : [model];
}
