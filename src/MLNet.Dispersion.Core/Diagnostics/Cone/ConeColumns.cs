namespace MLNet.Dispersion;

/// <summary>A figure of <see cref="ConeFigures"/> as a column of tables and files.</summary>
/// <param name="Name">Its name among columns; with a small first letter in files.</param>
/// <param name="Head">The head of a column in texts.</param>
/// <param name="Figure">The figure of a layer.</param>
internal sealed record ConeColumn(string Name, string Head, Func<ConeFigures, double> Figure)
{
    /// <summary>Gets its name in files.</summary>
    public string MachineName => char.ToLowerInvariant(Name[0]) + Name[1..];
}

/// <summary>The columns of what carries the cone.</summary>
internal static class ConeColumns
{
    /// <summary>The mean cosines, once with everything and then each time without something.</summary>
    public static IReadOnlyList<ConeColumn> Cosines { get; } =
    [
        new("ConeMeanCosine", "off-diag.", figures => figures.MeanCosine),
        new("ConeWithoutFirstToken", "no first", figures => figures.WithoutFirstToken),
        new("ConeWithoutMassiveTokens", "no mass.", figures => figures.WithoutMassiveTokens),
        .. ConeGeometry.StrongestCounts.Index().Select(strongest => new ConeColumn(
            FormattableString.Invariant($"ConeWithoutStrongest{strongest.Item}"), FormattableString.Invariant($"no top{strongest.Item}"), figures => figures.WithoutStrongest[strongest.Index])),
        new("ConeCentred", "centred", figures => figures.Centred),
        new("ConeStandardised", "standard.", figures => figures.Standardised),
    ];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ConeColumn> All { get; } =
    [
        .. Cosines,
        new("ConeFirstTokenNorm", "first norm", figures => figures.FirstTokenNorm),
        new("ConeOtherTokensNorm", "other norm", figures => figures.OtherTokensNorm),
    ];
}
