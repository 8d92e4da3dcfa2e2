using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>Refuses weights that are no numbers: a model that has one gives nothing else for every text.</summary>
internal static class FiniteWeights
{
    /// <summary>Looks at every value of a tensor.</summary>
    /// <param name="weights">The values; stay the caller's.</param>
    /// <param name="file">The file that they are from, for messages.</param>
    /// <param name="name">The tensor's name in it.</param>
    /// <exception cref="ModelFileException">One is NaN or infinite.</exception>
    internal static void Require(Tensor weights, string file, string name)
    {
        if (weights.numel() == 0 || !weights.is_floating_point())
        {
            return;
        }

        // Both are NaN where any value is, and infinite where one is: two passes that take no memory.
        using var scope = NewDisposeScope();
        double most = weights.max().to(ScalarType.Float64).item<double>(), least = weights.min().to(ScalarType.Float64).item<double>();
        if (!double.IsFinite(most) || !double.IsFinite(least))
        {
            throw Refused(file, name);
        }
    }

    /// <summary>What is said of a tensor that holds one.</summary>
    internal static ModelFileException Refused(string file, string name) =>
        new(file, "It holds a value that is no number or infinite, as after a training that diverged, so that every result would be. Fetch the file again, or save the model again from a state before that.", Printable.Name(name));
}
