using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Sets a generator back to an earlier state, and at its end to where it was.</summary>
internal readonly struct RewoundGenerator : IDisposable
{
    private readonly Generator? _generator;
    private readonly Tensor? _present;

    /// <summary>Rewinds; does nothing without a generator.</summary>
    internal RewoundGenerator(Generator? generator, Tensor? earlier)
    {
        if (generator is not null && earlier is not null)
        {
            _generator = generator;
            _present = generator.get_state();
            generator.set_state(earlier);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _generator?.set_state(_present!);
        _present?.Dispose();
    }
}
