using System.Text;

namespace MLNet.Dispersion;

/// <summary>Files embedded in this assembly.</summary>
internal static class Resources
{
    /// <summary>The bytes of one.</summary>
    public static byte[] Bytes(string name)
    {
        using Stream stream = typeof(Resources).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"The embedded file {name} is missing from {typeof(Resources).Assembly.FullName}.");
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>A resource as text, with line feeds.</summary>
    public static string Text(string name) => Encoding.UTF8.GetString(Bytes(name)).ReplaceLineEndings("\n");
}
