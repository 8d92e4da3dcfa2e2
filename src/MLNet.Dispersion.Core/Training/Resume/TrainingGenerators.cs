using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>The random generators of one training run, by name: all from one seed, independent of each other, and saved with every checkpoint.</summary>
/// <remarks>
/// Whatever draws random numbers in training steps takes its generator from here, or an interrupted run would not go on as the uninterrupted one.
/// Not thread-safe. The training loop owns it; its disposal frees all generators.
/// </remarks>
internal sealed class TrainingGenerators(int seed) : IDisposable
{
    private readonly SortedDictionary<string, (Generator Generator, int Stream)> _generators = new(StringComparer.Ordinal);

    /// <summary>The names, in ordinal order.</summary>
    internal IReadOnlyCollection<string> Names => _generators.Keys;

    /// <summary>A new generator, which stays this object's.</summary>
    /// <param name="name">Under which its state is saved: lower case with underscores, never changed once it was published.</param>
    /// <param name="stream">One of <see cref="SeedStream"/>'s streams, which nobody else uses.</param>
    /// <param name="device">The device of the tensors that it fills.</param>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    internal Generator Add(string name, int stream, Device device)
    {
        if (_generators.ContainsKey(name))
        {
            throw new ArgumentException($"There is a generator '{name}' already; each needs a name of its own.", nameof(name));
        }

        Generator generator = SeedStream.TorchGenerator(seed, stream, device);
        _generators[name] = (generator, stream);
        return generator;
    }

    /// <summary>Sets all generators to where they are at one micro-batch, whatever was drawn before: for runs that several processes share.</summary>
    /// <param name="step">Optimizer steps done.</param>
    /// <param name="place">The micro-batch's place in the step.</param>
    internal void GoTo(int step, int place)
    {
        int own = SeedMixer.Mix(SeedMixer.Mix(seed, step), place);
        foreach (var (generator, stream) in _generators.Values)
        {
            generator.manual_seed((long)SeedMixer.Derive(own, stream));
        }
    }

    /// <summary>The present states, by name: one row of bytes each, on the CPU, in the caller's dispose scope.</summary>
    internal IReadOnlyList<KeyValuePair<string, Tensor>> States() =>
        [.. _generators.Select(pair => KeyValuePair.Create(pair.Key, pair.Value.Generator.get_state()))];

    /// <summary>Sets one generator to an earlier state, so that it draws again what it drew then.</summary>
    /// <param name="name">Of <see cref="Names"/>.</param>
    /// <param name="state">Of <see cref="States"/>; not changed, stays the caller's.</param>
    internal void Restore(string name, Tensor state) => _generators[name].Generator.set_state(state);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (generator, _) in _generators.Values)
        {
            generator.Dispose();
        }

        _generators.Clear();
    }
}
