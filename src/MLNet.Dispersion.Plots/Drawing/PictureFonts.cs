using ScottPlot;
using SkiaSharp;

namespace MLNet.Dispersion;

/// <summary>The two typefaces that every picture is written in. They are embedded in this assembly, so that no font needs to be installed.</summary>
internal static class PictureFonts
{
    /// <summary>Their family name.</summary>
    public const string Family = "Dispersion Sans";

    private static readonly Lazy<SKTypeface> RegularFace = new(() => Read("DispersionSans.ttf"));
    private static readonly Lazy<SKTypeface> BoldFace = new(() => Read("DispersionSans-Bold.ttf"));
    private static readonly Lazy<bool> Registered = new(Register);

    /// <summary>Gets the regular weight.</summary>
    public static SKTypeface Regular => RegularFace.Value;

    /// <summary>Gets the bold weight.</summary>
    public static SKTypeface Bold => BoldFace.Value;

    /// <summary>Makes the plotting library find them under <see cref="Family"/>, once in a process; its own default font stays as it is.</summary>
    public static void EnsureRegistered() => _ = Registered.Value;

    /// <summary>The bytes of the regular weight, a TrueType file.</summary>
    public static byte[] RegularFile() => Resources.Bytes("Fonts/DispersionSans.ttf");

    private static bool Register()
    {
        Fonts.FontResolvers.Insert(0, new EmbeddedFontResolver());
        return true;
    }

    private static SKTypeface Read(string file)
    {
        using SKData data = SKData.CreateCopy(Resources.Bytes("Fonts/" + file));
        return SKTypeface.FromData(data) ?? throw new InvalidOperationException($"The embedded font {file} could not be read by SkiaSharp {typeof(SKTypeface).Assembly.GetName().Version}.");
    }

    private sealed class EmbeddedFontResolver : IFontResolver
    {
        public SKTypeface? CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) =>
            fontName == Family ? (weight >= FontWeight.SemiBold ? Bold : Regular) : null;

        public SKTypeface? CreateTypeface(string fontName, bool bold, bool italic) =>
            CreateTypeface(fontName, bold ? FontWeight.Bold : FontWeight.Normal, FontSlant.Upright, FontSpacing.Normal);
    }
}
