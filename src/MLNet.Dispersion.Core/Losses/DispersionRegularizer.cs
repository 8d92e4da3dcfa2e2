using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>The dispersion term of a training step: the mean of <see cref="DispersionLoss"/> over the selected block outputs of a backbone.</summary>
/// <remarks>Thread-safe as long as the generator is not shared: random numbers come from the one passed in, never from the global one.</remarks>
public static class DispersionRegularizer
{
    /// <summary>Computes the term, not yet multiplied by <see cref="DispersionOptions.Coefficient"/>.</summary>
    /// <param name="hiddenStates">Hidden states by index 0..N, each <c>[B, L, F]</c>, float32 or float64; entries outside the selection may be null. Index 0, the embedding output, never takes part.</param>
    /// <param name="attentionMask">Which tokens are real, <c>[B, L]</c>, bool; null when all are.</param>
    /// <param name="options">The dispersion options.</param>
    /// <param name="generator">Draws the token positions when L is above <see cref="DispersionOptions.MaxTokens"/>; may be null when no sequence can be that long.</param>
    /// <returns>A scalar with gradient, in the caller's dispose scope.</returns>
    /// <remarks>
    /// When L is above <see cref="DispersionOptions.MaxTokens"/>, that many of the positions 0..L-1 are drawn without replacement, pads included, the same for every sequence of the batch and freshly for each layer.
    /// A sequence with fewer than two real tokens among them contributes nothing for that layer. The generator moves on by one draw per selected layer, and not at all when L is within the limit.
    /// </remarks>
    /// <exception cref="ArgumentException">A selected hidden state is missing, a tensor has the wrong shape or type, or a generator is needed and absent.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range, or there is no block output.</exception>
    public static Tensor Compute(IReadOnlyList<Tensor?> hiddenStates, Tensor? attentionMask, DispersionOptions options, Generator? generator) =>
        Compute(hiddenStates, attentionMask, options, generator, null, ScalarType.Float32);

    /// <summary>Computes the term with coordinates' moments, which <see cref="DispersionCentering.Running"/> and <see cref="DispersionOptions.ScaleByDeviation"/> need; not yet multiplied by
    /// <see cref="DispersionOptions.Coefficient"/>.</summary>
    /// <param name="hiddenStates">As in the other overload.</param>
    /// <param name="attentionMask">Which tokens are real, <c>[B, L]</c>, bool; null when all are.</param>
    /// <param name="options">The dispersion options.</param>
    /// <param name="generator">Draws the token positions when L is above <see cref="DispersionOptions.MaxTokens"/>; may be null when no sequence can be that long.</param>
    /// <param name="moments">By index 0..N, as <paramref name="hiddenStates"/>; entries outside the selection may be null. They are constants in the gradient.</param>
    /// <returns>A scalar with gradient, in the caller's dispose scope.</returns>
    /// <exception cref="ArgumentException">As in the other overload, or moments that the options need are missing.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range, or there is no block output.</exception>
    public static Tensor Compute(IReadOnlyList<Tensor?> hiddenStates, Tensor? attentionMask, DispersionOptions options, Generator? generator, IReadOnlyList<CoordinateMoments?> moments)
    {
        ArgumentNullException.ThrowIfNull(moments);
        return Compute(hiddenStates, attentionMask, options, generator, moments, ScalarType.Float32);
    }

    /// <inheritdoc cref="DispersionLoss.Compute(Tensor, Tensor?, DispersionOptions, ScalarType)"/>
    internal static Tensor Compute(
        IReadOnlyList<Tensor?> hiddenStates, Tensor? attentionMask, DispersionOptions options, Generator? generator, IReadOnlyList<CoordinateMoments?>? moments, ScalarType productType)
    {
        ArgumentNullException.ThrowIfNull(hiddenStates);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        IReadOnlyList<int> layers = options.Layers.HiddenStateIndices(hiddenStates.Count - 1);
        using var scope = NewDisposeScope();
        var losses = new List<Tensor>(layers.Count);
        foreach (int layer in layers)
        {
            Tensor states = hiddenStates[layer] ?? throw new ArgumentException(
                $"Hidden state {layer} is missing, but the layer selection {options.Layers} needs it: ask the backbone for LayerSelection.{options.Layers}.HiddenStateIndices({hiddenStates.Count - 1}).", nameof(hiddenStates));
            CoordinateMoments? known = moments?.ElementAtOrDefault(layer);
            if (known is null && (options.Centering == DispersionCentering.Running || options.ScaleByDeviation))
            {
                throw new ArgumentException(
                    $"Hidden state {layer} has no mean and deviation of its coordinates, which Centering = {options.Centering} with ScaleByDeviation = {options.ScaleByDeviation} needs: pass them, or use Centering None or Sequence.", nameof(moments));
            }

            states = CentredStates.Of(states, attentionMask, options, known);
            losses.Add(LayerLoss(states, attentionMask, options, generator, productType));
        }

        return stack(losses).mean().MoveToOuterDisposeScope();
    }

    private static Tensor LayerLoss(Tensor states, Tensor? mask, DispersionOptions options, Generator? generator, ScalarType productType)
    {
        if (options.MaxTokens is not { } limit || states.dim() != 3 || states.shape[1] <= limit)
        {
            return DispersionLoss.Compute(states, mask, options, productType);
        }

        using Tensor positions = DrawPositions(states.shape[1], limit, generator, states.device);
        using Tensor drawn = states.index_select(1, positions);
        using Tensor? drawnMask = mask?.index_select(1, positions);
        return DispersionLoss.Compute(drawn, drawnMask, options, productType);
    }

    private static Tensor DrawPositions(long length, int count, Generator? generator, Device device)
    {
        if (generator is null)
        {
            throw new ArgumentNullException(nameof(generator), $"Sequences of {length} tokens are longer than MaxTokens = {count}, so token positions must be drawn: pass a generator, or set MaxTokens to null.");
        }

        using var scope = NewDisposeScope();
        return randperm(length, device: generator.device, generator: generator).narrow(0, 0, count).to(device).MoveToOuterDisposeScope();
    }
}
