namespace MLNet.Dispersion;

/// <summary>What a search's trials are for, and what they note.</summary>
internal static class TrialKinds
{
    /// <summary>The trial with the options as they are.</summary>
    internal const string Default = "default";

    /// <summary>The trial with the same options but for a dispersion coefficient of 0.</summary>
    internal const string WithoutDispersion = "without dispersion";

    /// <summary>The note that holds the dispersion coefficient of a trial's options.</summary>
    internal const string DispersionNote = "dispersion coefficient";

    /// <summary>Whether a trial had the dispersion loss; null where it did not come so far as to note it.</summary>
    internal static bool? HasDispersion(Trial trial) =>
        trial.Notes.TryGetValue(DispersionNote, out string? coefficient) ? double.Parse(coefficient, System.Globalization.CultureInfo.InvariantCulture) > 0 : null;
}
