namespace MLNet.Dispersion;

/// <summary>What computes a model's final states in place of torch when texts are scored, such as <c>OnnxRuntimeEngine</c> of the package MLNet.Dispersion.OnnxRuntime.</summary>
/// <remarks>Tokens, batches, heads and pooling stay this library's. Implementations are thread-safe, and may prepare any number of models.</remarks>
public interface IScoringEngine
{
    /// <summary>Prepares a model, by a copy of its weights as they are now: what changes them later does not reach the copy.</summary>
    /// <param name="model">The model; stays the caller's, and need not outlive the call.</param>
    /// <returns>What computes its states, which the caller disposes.</returns>
    /// <exception cref="NotSupportedException">The engine cannot compute this model; the message names what it lacks.</exception>
    /// <exception cref="ArgumentException">A weight is beyond the range of the engine's number type.</exception>
    IStateReader Prepare(PretrainedLanguageModel model);
}
