using System.Xml.Linq;
using SkiaSharp;

namespace MLNet.Dispersion.Plots.Tests;

/// <summary>One picture of each kind, and ways to look at pictures.</summary>
internal static class Samples
{
    private static readonly Dictionary<string, Func<CondensationPicture>> Makers = new()
    {
        ["heat map"] = () => CondensationPlots.HeatMap(SyntheticReports.Condensing()),
        ["heat maps"] = () => CondensationPlots.HeatMaps([SyntheticReports.Condensing(), SyntheticReports.Dispersed(28), SyntheticReports.Condensing(5)]),
        ["trend"] = () => CondensationPlots.Trend([SyntheticReports.Condensing(), SyntheticReports.Dispersed(28)]),
        ["measure"] = () => CondensationPlots.Measure([SyntheticReports.Condensing(), SyntheticReports.Dispersed()], GeometryMeasure.EffectiveRank),
        ["dynamics"] = () => CondensationPlots.Dynamics(SyntheticReports.History(true)),
        ["runs"] = () => CondensationPlots.Dynamics([("plain", SyntheticReports.History(false)), ("with dispersion", SyntheticReports.History(true))]),
        ["dynamics heat maps"] = () => CondensationPlots.DynamicsHeatMaps(SyntheticReports.History(true)),
        ["spectra"] = () => CondensationPlots.Spectra(SyntheticReports.Condensing(28)),
    };

    public static IReadOnlyList<string> ResourceNames => typeof(CondensationPlots).Assembly.GetManifestResourceNames();

    public static TheoryData<string> Pictures() => [.. Makers.Keys];

    public static CondensationPicture Picture(string name) => Makers[name]();

    public static XElement Svg(CondensationPicture picture) => XElement.Parse(picture.ToSvg());

    public static XName Name(string element) => XName.Get(element, "http://www.w3.org/2000/svg");

    public static IReadOnlyList<string> Texts(CondensationPicture picture) => [.. Svg(picture).Descendants(Name("text")).Select(text => text.Value)];

    public static SKBitmap Decode(byte[] png) => SKBitmap.Decode(png) ?? throw new InvalidOperationException("The PNG does not decode.");
}
