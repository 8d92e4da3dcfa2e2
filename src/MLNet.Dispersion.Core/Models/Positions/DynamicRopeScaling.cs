namespace MLNet.Dispersion.Models;

/// <summary>The base grows with the longest sequence of the batch once that is longer than the original context ("dynamic NTK"). A row's states so depend on what stands beside it.</summary>
/// <remarks>Behind a cache new tokens are turned by the base of the length so far, and earlier keys stay as they were turned: the states are not those of a whole pass.</remarks>
/// <param name="Factor">How fast. Above 0.</param>
/// <param name="OriginalContextLength">The context that the model was trained on, in tokens.</param>
public sealed record DynamicRopeScaling(double Factor, int OriginalContextLength) : RopeScaling
{
    internal override bool IsOpenEnded => true;

    internal static DynamicRopeScaling Of(ConfigReader section, ConfigReader config) =>
        new DynamicRopeScaling(section.Positive("factor"), config.Size("max_position_embeddings", 2048));

    internal override int Extended(int contextLength) => (int)Math.Min(contextLength * Math.Max(1, Factor), ConfigReader.LargestSize);

    internal override double[] Frequencies(int dimensions, double theta, long length)
    {
        double seen = Math.Max(length, OriginalContextLength);
        double growth = (Factor * seen / OriginalContextLength) - (Factor - 1);
        return Plain(dimensions, dimensions == 2 ? theta : theta * Math.Pow(growth, dimensions / (dimensions - 2.0)));
    }
}
