using System.Globalization;
using System.Net;
using System.Text;

namespace MLNet.Dispersion;

/// <summary>Text and numbers for HTML, in invariant culture.</summary>
internal static class HtmlText
{
    /// <summary>Escapes any text for content and quoted attributes; what HTML does not allow becomes �.</summary>
    public static string Escape(string text)
    {
        var clean = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool allowed = !Rune.IsControl(rune) && (rune.Value & 0xFFFE) != 0xFFFE && rune.Value is not (>= 0xFDD0 and <= 0xFDEF);
            clean.Append(Rune.IsWhiteSpace(rune) ? " " : allowed ? rune.ToString() : "�");
        }

        return WebUtility.HtmlEncode(clean.ToString());
    }

    /// <summary>A name from outside, whose direction of writing does not reach what follows it.</summary>
    public static string Name(string name) => $"<bdi>{(string.IsNullOrWhiteSpace(name) ? "(no name)" : Escape(name))}</bdi>";

    /// <summary>A figure for people.</summary>
    public static string Figure(double value, int decimals) =>
        double.IsFinite(value) ? Math.Round(value, decimals).ToString("F" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture).Replace('-', '−') : "–";

    /// <summary>A number with a sign always.</summary>
    public static string Change(double value, int decimals) => Math.Round(value, decimals) > 0 ? "+" + Figure(value, decimals) : Figure(value, decimals);

    /// <summary>A whole number.</summary>
    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A cell of a figure that tables can be sorted by; all digits are in its attribute.</summary>
    public static string Cell(double value, string shown) => double.IsFinite(value)
        ? $"<td data-value=\"{value.ToString("R", CultureInfo.InvariantCulture)}\">{shown}</td>"
        : $"<td>{shown}</td>";
}
