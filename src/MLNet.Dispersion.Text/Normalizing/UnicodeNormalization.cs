using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>Unicode normalization as tokenizers want it: for every text, and never silently left out.</summary>
internal static class UnicodeNormalization
{
    /// <summary>A function that normalizes to the form.</summary>
    /// <param name="form">The normalization form.</param>
    /// <exception cref="PlatformNotSupportedException">This process runs without Unicode data, so that normalizing would do nothing.</exception>
    internal static Func<string, string> To(NormalizationForm form)
    {
        if ("e\u0301".Normalize(NormalizationForm.FormC) != "\u00e9")
        {
            throw new PlatformNotSupportedException(
                "This tokenizer normalizes its text, which .NET cannot do in globalization-invariant mode. Install ICU (the package libicu) and leave InvariantGlobalization and DOTNET_SYSTEM_GLOBALIZATION_INVARIANT unset.");
        }

        return text => Normalize(text, form);
    }

    /// <summary>U+FFFE, which .NET refuses to normalize, stands by itself in every form.</summary>
    private static string Normalize(string text, NormalizationForm form) =>
        text.Contains('\ufffe', StringComparison.Ordinal)
            ? string.Join('\ufffe', text.Split('\ufffe').Select(part => part.Normalize(form)))
            : text.Normalize(form);
}
