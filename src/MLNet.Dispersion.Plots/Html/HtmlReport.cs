using System.Text;

namespace MLNet.Dispersion;

/// <summary>Writes a self-contained web page about models: pictures, explanations and tables in one HTML file. Thread-safe.</summary>
/// <remarks>
/// The page loads nothing and tells the browser to forbid it; pictures are inline SVG with the typeface embedded. It follows the reader's light or
/// dark setting, and its tables, which can be sorted by clicking or with the keyboard, are complete without JavaScript as well.
/// </remarks>
public static class HtmlReport
{
    /// <summary>Makes the page as text, valid HTML 5 with line feeds.</summary>
    /// <param name="content">What to show. Reports without histograms or spectra have no heat map or spectrum; the page then says what to set.</param>
    public static string ToHtml(HtmlReportContent content)
    {
        ArgumentNullException.ThrowIfNull(content);
        return ReportPage.Write(content);
    }

    /// <summary>Writes <see cref="ToHtml"/> to a file in UTF-8, which appears whole or not at all; missing folders are made.</summary>
    /// <param name="path">The file; replaced if it exists.</param>
    /// <param name="content">What to show.</param>
    /// <exception cref="ArgumentException">The path names no file.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(string path, HtmlReportContent content) => WholeFile.Write(path, Encoding.UTF8.GetBytes(ToHtml(content)));
}
