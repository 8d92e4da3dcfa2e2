using ScottPlot;

namespace MLNet.Dispersion;

/// <summary>How lines and their markers look.</summary>
internal static class LineStyles
{
    /// <summary>The width of a line.</summary>
    public const float Width = 2;

    /// <summary>The size of a marker.</summary>
    public const float MarkerSize = 8;

    /// <summary>A marker with a thin white edge, which keeps it apart from lines behind it.</summary>
    public static MarkerStyle Marker(MarkerShape shape, Color colour) =>
        new(shape, MarkerSize, colour) { FillColor = colour, OutlineColor = Colors.White, OutlineWidth = 0.8f };
}
