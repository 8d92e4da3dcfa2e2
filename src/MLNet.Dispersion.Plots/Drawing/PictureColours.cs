using ScottPlot;
using SkiaSharp;

namespace MLNet.Dispersion;

/// <summary>Colours and markers that stay apart for colour-blind readers and in grey print.</summary>
internal static class PictureColours
{
    /// <summary>The map of heat maps and of ordered lines: viridis, whose lightness rises evenly.</summary>
    public static readonly IColormap Sequence = new ScottPlot.Colormaps.Viridis();

    /// <summary>Of that map, the part that ordered lines use: its light end does not show on white.</summary>
    public const double LineShare = 0.88;

    // Okabe and Ito's colours for categories, without yellow, which does not show on white; the darkest last.
    private static readonly Color[] Categories =
    [
        Color.FromHex("#0072B2"), Color.FromHex("#D55E00"), Color.FromHex("#009E73"), Color.FromHex("#CC79A7"),
        Color.FromHex("#E69F00"), Color.FromHex("#56B4E9"), Color.FromHex("#000000"),
    ];

    // Their number shares no factor with that of the colours, so that the pairs repeat late.
    private static readonly MarkerShape[] Markers =
    [
        MarkerShape.FilledCircle, MarkerShape.FilledSquare, MarkerShape.FilledTriangleUp, MarkerShape.FilledDiamond, MarkerShape.FilledTriangleDown,
    ];

    /// <summary>The colour of the i-th category.</summary>
    public static Color Category(int index) => Categories[index % Categories.Length];

    /// <summary>The marker of the i-th category.</summary>
    public static MarkerShape Marker(int index) => Markers[index % Markers.Length];

    /// <summary>The colour of a line at this place of an order, 0..1.</summary>
    public static Color Line(double share) => Sequence.GetColor(LineShare * Math.Clamp(share, 0, 1));

    /// <summary>A colour of the palette for Skia.</summary>
    public static SKColor ToSkia(this Color color) => new(color.R, color.G, color.B, color.A);
}
