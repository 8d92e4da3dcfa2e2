namespace MLNet.Dispersion;

/// <summary>The learning rate where the options name none.</summary>
internal static class LearningRateDefault
{
    private const double PublishedRate = 5e-5;
    private const double PublishedParameters = 124e6;
    private const double Lowest = 1e-5;
    private const double Highest = 5e-4;

    /// <summary>The published 5e-5 at GPT-2's 124 M parameters, inversely proportional to size, between 1e-5 and 5e-4.</summary>
    internal static double For(long parameterCount) =>
        Math.Clamp(PublishedRate * PublishedParameters / Math.Max(1, parameterCount), Lowest, Highest);
}
