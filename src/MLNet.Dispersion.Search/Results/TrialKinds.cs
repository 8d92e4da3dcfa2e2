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

    /// <summary>The note, of the first trial, that holds what was fixed of the confirmation before it.</summary>
    internal const string PlanNote = "confirmation";

    /// <summary>The note that holds the first metric of each block of test rows.</summary>
    internal const string BlocksNote = "blocks";

    private const string ConfirmationStart = "confirmation ";

    /// <summary>The kind of a trial that trains another one's options anew.</summary>
    /// <param name="trial">The other trial.</param>
    /// <param name="pair">The pair's place, from 0.</param>
    /// <param name="with">Whether with dispersion.</param>
    internal static string Confirmation(int trial, int pair, bool with) => FormattableString.Invariant($"{ConfirmationStart}{trial} {pair} {(with ? "with" : "without")}");

    /// <summary>What a kind of <see cref="Confirmation"/> says; null of any other kind.</summary>
    internal static (int Trial, int Pair, bool With)? AsConfirmation(string kind) =>
        kind.StartsWith(ConfirmationStart, StringComparison.Ordinal) && kind[ConfirmationStart.Length..].Split(' ') is [var trial, var pair, var arm]
            ? (int.Parse(trial, System.Globalization.CultureInfo.InvariantCulture), int.Parse(pair, System.Globalization.CultureInfo.InvariantCulture), arm == "with")
            : null;

    /// <summary>Whether a trial confirms another.</summary>
    internal static bool IsConfirmation(Trial trial) => AsConfirmation(trial.Kind) is not null;

    /// <summary>Whether a trial had the dispersion loss; null where it did not come so far as to note it.</summary>
    internal static bool? HasDispersion(Trial trial) =>
        trial.Notes.TryGetValue(DispersionNote, out string? coefficient) ? double.Parse(coefficient, System.Globalization.CultureInfo.InvariantCulture) > 0 : null;
}
