namespace MLNet.Dispersion;

/// <summary>Computes the final states of one model's tokens, as a <see cref="IScoringEngine"/> prepared it.</summary>
/// <remarks>Concurrent calls of <see cref="Read"/> may run side by side. Whoever asked for it disposes it, once no call is running.</remarks>
public interface IStateReader : IDisposable
{
    /// <summary>Computes a batch.</summary>
    /// <param name="batch">The tokens (B rows of L), padded on the right. Rows hold one text or one pair each, never several that do not see one another.</param>
    /// <param name="states">Gets the final states, <c>[B, L, F]</c>, float32, the last dimension running fastest; F is <see cref="BackboneInfo.FinalSize"/>. At pads any finite number may stand.</param>
    void Read(TokenBatch batch, Span<float> states);
}
