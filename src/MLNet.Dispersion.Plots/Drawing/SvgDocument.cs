using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using SkiaSharp;

namespace MLNet.Dispersion;

/// <summary>Makes an SVG document of a drawing, fit for screen readers, for any viewer's fonts and for standing beside others in one page.</summary>
internal static class SvgDocument
{
    // Where the embedded family is absent: DejaVu Sans is its source and Verdana has the same widths.
    private const string FontStack = PictureFonts.Family + ", DejaVu Sans, Verdana, sans-serif";

    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";
    private static readonly XNamespace XLink = "http://www.w3.org/1999/xlink";

    /// <summary>Draws and returns the document's root.</summary>
    /// <param name="width">In CSS pixels.</param>
    /// <param name="height">In CSS pixels.</param>
    /// <param name="draw">Draws the picture.</param>
    /// <param name="title">Its name for screen readers.</param>
    /// <param name="description">What it shows, for screen readers.</param>
    /// <param name="idPrefix">What every id begins with: unlike that of any other picture in the same page.</param>
    public static XElement Draw(int width, int height, Action<SKCanvas> draw, string title, string description, string idPrefix)
    {
        using var stream = new MemoryStream();
        using (SKCanvas canvas = SKSvgCanvas.Create(new SKRect(0, 0, width, height), stream))
        {
            draw(canvas);
        }

        stream.Position = 0;
        using var reader = XmlReader.Create(stream, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit });
        XElement root = XElement.Load(reader);
        // Skia numbers ids on and on in a process; ours are those of this drawing alone.
        Dictionary<string, string> ids = root.Descendants().Attributes("id").Select((id, i) => (id.Value, Own: $"{idPrefix}-{i}")).ToDictionary(pair => pair.Value, pair => pair.Own);
        foreach (XElement element in root.DescendantsAndSelf())
        {
            Adjust(element, ids);
        }

        root.SetAttributeValue("viewBox", string.Create(CultureInfo.InvariantCulture, $"0 0 {width} {height}"));
        root.SetAttributeValue("role", "img");
        root.SetAttributeValue("aria-labelledby", $"{idPrefix}-title {idPrefix}-desc");
        root.AddFirst(
            new XElement(Svg + "title", new XAttribute("id", idPrefix + "-title"), title),
            new XElement(Svg + "desc", new XAttribute("id", idPrefix + "-desc"), description));
        return root;
    }

    /// <summary>The document as a file's text.</summary>
    public static string ToText(XElement root) => "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n" + ToMarkup(root) + "\n";

    /// <summary>The document as a part of an HTML page.</summary>
    public static string ToMarkup(XElement root)
    {
        var text = new StringBuilder();
        using (var writer = XmlWriter.Create(text, new XmlWriterSettings { OmitXmlDeclaration = true, Indent = false }))
        {
            root.Save(writer);
        }

        return text.ToString();
    }

    private static void Adjust(XElement element, Dictionary<string, string> ids)
    {
        foreach (XAttribute attribute in element.Attributes().Where(attribute => !attribute.IsNamespaceDeclaration))
        {
            if (attribute.Name == "id")
            {
                attribute.Value = ids[attribute.Value];
            }
            else if (attribute.Name == XLink + "href" && attribute.Value.StartsWith('#'))
            {
                attribute.Value = "#" + ids[attribute.Value[1..]];
            }
            else if (attribute.Value.StartsWith("url(#", StringComparison.Ordinal))
            {
                attribute.Value = $"url(#{ids[attribute.Value[5..^1]]})";
            }
        }

        if (element.Name == Svg + "image")
        {
            // Cells of a heat map stay cells when enlarged.
            element.SetAttributeValue("image-rendering", "pixelated");
        }
        else if (element.Name == Svg + "text")
        {
            element.SetAttributeValue("font-family", FontStack);
            element.Value = element.Value.Trim();
            Trim(element.Attribute("x"));
            Trim(element.Attribute("y"));
        }
    }

    // Skia ends its lists of positions with a comma, which the grammar does not allow.
    private static void Trim(XAttribute? positions)
    {
        if (positions is not null)
        {
            positions.Value = positions.Value.TrimEnd(' ', ',');
        }
    }
}
