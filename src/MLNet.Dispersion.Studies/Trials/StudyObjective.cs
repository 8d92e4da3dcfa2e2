namespace MLNet.Dispersion.Studies;

/// <summary>A figure that a study makes as small or as large as it can.</summary>
/// <param name="Name">Its name in tables and pictures; not empty.</param>
/// <param name="Maximize">Whether larger is better.</param>
public sealed record StudyObjective(string Name, bool Maximize)
{
    /// <summary>Whether one value of this objective is better than another.</summary>
    /// <param name="value">The one; NaN is never better.</param>
    /// <param name="other">The other.</param>
    public bool IsBetter(double value, double other) => Maximize ? value > other : value < other;

    /// <summary>A value with its sign such that less is better; infinity for NaN.</summary>
    internal double Cost(double value) => double.IsNaN(value) ? double.PositiveInfinity : Maximize ? -value : value;
}
