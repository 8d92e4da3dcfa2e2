namespace MLNet.Dispersion;

/// <summary>Says what carries the cone of a model: all of its coordinates, a few of them, or nothing, since there is no cone. Immutable and thread-safe.</summary>
/// <remarks>
/// Measured of <see cref="CondensationReportOptions.ConeTexts"/> of a report's texts. A mean cosine near 1 may have several causes: real similarity of the tokens,
/// one constant offset in a few coordinates, which every token has, or a few tokens of a huge norm; training can do little about the latter two by spreading tokens.
/// </remarks>
public sealed class ConeReport
{
    /// <summary>The mean cosine between different tokens from which a layer is called condensed here: 0.5.</summary>
    public const double CondensedCosine = 0.5;

    /// <summary>What must be left of it without the four strongest coordinates, as a share, for the cone to be there in all coordinates: one half.</summary>
    public const double ShareLeft = 0.5;

    internal ConeReport(IReadOnlyList<ConeFigures> layers, IReadOnlyList<LengthFigures> lengths)
    {
        Layers = Array.AsReadOnly(layers.ToArray());
        Lengths = Array.AsReadOnly(lengths.ToArray());
        Peak = layers.Count == 1 ? 0 : Enumerable.Range(1, layers.Count - 1).MaxBy(layer => layers[layer].MeanCosine);
    }

    /// <summary>Gets the figures of hidden states 0..N.</summary>
    public IReadOnlyList<ConeFigures> Layers { get; }

    /// <summary>Gets the mean cosines of the same texts cut to 16, 64, 128, 256 and 512 tokens, as far as they have so many.</summary>
    public IReadOnlyList<LengthFigures> Lengths { get; }

    /// <summary>Gets the hidden state 1..N of the largest mean cosine (0 for a model without blocks): <see cref="Kind"/> is read off there.</summary>
    public int Peak { get; }

    /// <summary>Gets the number of texts.</summary>
    public int Texts => Layers[0].Texts;

    /// <summary>Gets the figures as columns of a table, such as <c>ConeMeanCosine</c> and <c>ConeCentred</c>: by name, each with a value for hidden states 0..N.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<double>> Columns =>
        new OrderedDictionary<string, IReadOnlyList<double>>(ConeColumns.All.Select(column => KeyValuePair.Create(column.Name, (IReadOnlyList<double>)[.. Layers.Select(column.Figure)])));

    /// <summary>Gets whether there is a cone, and what carries it.</summary>
    public ConeKind Kind => Layers[Peak] switch
    {
        { MeanCosine: < CondensedCosine } => ConeKind.None,
        var peak when peak.WithoutStrongest[^1] < ShareLeft * peak.MeanCosine => ConeKind.FewCoordinates,
        _ => ConeKind.AllOver,
    };

    /// <summary>Gets <see cref="Kind"/> with the figures that decide it, in one sentence, in invariant culture.</summary>
    public string Sentence
    {
        get
        {
            ConeFigures peak = Layers[Peak];
            string where = FormattableString.Invariant($"hidden state {Peak}");
            string cosine = Figures.Fixed(peak.MeanCosine, 2);
            string rest = Figures.Fixed(peak.WithoutStrongest[^1], 2);
            string centred = FormattableString.Invariant($"minus the common mean of all tokens it is {Figures.Fixed(peak.Centred, 2)}");
            return Kind switch
            {
                ConeKind.None => FormattableString.Invariant($"Not condensed: no block's mean cosine between different tokens reaches {CondensedCosine:F2} (the largest is {cosine}, in {where})."),
                ConeKind.FewCoordinates => FormattableString.Invariant(
                    $"Condensed by a few coordinates: the mean cosine of {where} is {cosine}, and {rest} without coordinates {Names(peak)} of {peak.Features}; {centred}."),
                _ => FormattableString.Invariant($"Condensed all over: the mean cosine of {where} is {cosine}, and still {rest} without its {peak.Strongest.Count} strongest coordinates; {centred}."),
            };
        }
    }

    private static string Names(ConeFigures figures) => string.Join(", ", figures.Strongest.Select(coordinate => FormattableString.Invariant($"{coordinate.Index}")));
}
