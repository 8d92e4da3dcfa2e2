namespace MLNet.Dispersion.Studies;

/// <summary>Names a figure that a study makes as small or as large as it can. Immutable and thread-safe.</summary>
public sealed record StudyObjective
{
    /// <summary>Gets its name in tables and pictures; not empty.</summary>
    public required string Name { get; init; }

    /// <summary>Gets whether larger is better.</summary>
    public required bool Maximize { get; init; }

    /// <summary>Tells whether one value of this objective is better than another.</summary>
    /// <param name="value">The one; NaN is never better.</param>
    /// <param name="other">The other.</param>
    public bool IsBetter(double value, double other) => Maximize ? value > other : value < other;

    /// <summary>A value with its sign such that less is better; infinity for NaN.</summary>
    internal double Cost(double value) => double.IsNaN(value) ? double.PositiveInfinity : Maximize ? -value : value;
}
