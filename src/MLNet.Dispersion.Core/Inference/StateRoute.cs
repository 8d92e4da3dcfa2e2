using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>The way of a batch to its final states when texts are scored: through torch, or through an engine that was chosen. Thread-safe; the model stays its owner's.</summary>
/// <param name="model">The model.</param>
internal sealed class StateRoute(PretrainedLanguageModel model) : IDisposable
{
    private readonly ForwardPass _pass = new(model.Backbone, model.Device);
    private readonly ReaderWriterLockSlim _gate = new();
    private IStateReader? _reader;

    /// <summary>Where states are put.</summary>
    internal Device Device => _pass.Device;

    /// <summary>Chooses an engine for all batches that are read later; waits for those that are being read.</summary>
    /// <param name="engine">The engine; null for torch.</param>
    internal void Choose(IScoringEngine? engine)
    {
        IStateReader? former = engine?.Prepare(model);
        _gate.EnterWriteLock();
        (former, _reader) = (_reader, former);
        _gate.ExitWriteLock();
        former?.Dispose();
    }

    /// <summary>Computes the final states of a batch, <c>[B, L, F]</c>, float32, without gradients, in the caller's dispose scope.</summary>
    internal Tensor Read(TokenBatch batch)
    {
        _gate.EnterReadLock();
        try
        {
            return _reader is { } reader ? Through(reader, batch) : _pass.Read(batch, HiddenStateSelection.None).States.LastHiddenState;
        }
        finally
        {
            _gate.ExitReadLock();
        }
    }

    /// <summary>Computes the final states of a batch and an earlier hidden state, by torch: an engine has final states alone.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="layer">The hidden state's index.</param>
    internal (Tensor Final, Tensor Inner) Read(TokenBatch batch, int layer)
    {
        BackboneOutput output = _pass.Read(batch, HiddenStateSelection.Of([layer])).States;
        return (output.LastHiddenState, output.HiddenStates[layer]!);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _reader?.Dispose();
        _reader = null;
        _gate.Dispose();
    }

    private unsafe Tensor Through(IStateReader reader, TokenBatch batch)
    {
        Tensor states = empty([batch.Rows, batch.Columns, model.Backbone.Info.FinalSize], dtype: ScalarType.Float32, device: CPU);
        reader.Read(batch, new Span<float>(TensorMemory.Pointer(states), checked((int)states.numel())));
        return states.to(Device);
    }
}
