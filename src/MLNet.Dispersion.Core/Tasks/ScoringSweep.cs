using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Runs a backbone over many token sequences, sorted by length and batched. Thread-safe; the model stays its owner's.</summary>
/// <param name="model">The model.</param>
internal sealed class ScoringSweep(PretrainedLanguageModel model) : IDisposable
{
    /// <summary>Where the states of batches come from.</summary>
    internal StateRoute Route { get; } = new(model);

    /// <summary>Where it computes.</summary>
    internal Device Device => Route.Device;

    /// <summary>The rows of each forward pass over these sequences.</summary>
    internal static IReadOnlyList<int[]> Passes(IReadOnlyList<int[]> sequences) => ForwardPass.Sweep([.. sequences.Select(sequence => sequence.Length)]);

    /// <summary>Runs all passes, without gradients.</summary>
    /// <param name="texts">None of the sequences empty.</param>
    /// <param name="computeType">The number type of matrix products and attention, where torch computes them.</param>
    /// <param name="take">Takes the rows of a pass, their tokens and their final states, <c>[B, L, F]</c>, inside a dispose scope.</param>
    internal void Run(EncodedTexts texts, ScalarType computeType, Action<int[], TokenBatch, Tensor> take)
    {
        using var inside = ExitGate.Enter();
        using var noGradient = no_grad();
        using var computing = model.Backbone.Context.ComputeIn(computeType);
        foreach (int[] rows in Passes(texts.Sequences))
        {
            using var scope = NewDisposeScope();
            TokenBatch batch = texts.Pad(rows, padId: 0);
            take(rows, batch, Route.Read(batch));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Route.Dispose();
}
